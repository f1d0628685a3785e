import { InvalidValueError } from '../../../ground/errors.ts'
import { countAttribute, durationAttribute, flagAttribute, parseAddress, requiredAttribute, type PlaceAttributes } from '../internal/placeAttributes.ts'
import type { AwsCredentials } from './credentials/awsCredentials.ts'

/** The attributes of `type=s3`, as BuildKit reads them. */
export interface S3Attributes {
  readonly bucket: string
  readonly region: string
  /** An export writes all of them, an import reads the first. */
  readonly names: readonly [string, ...string[]]
  /** Before the names, and before the digests. */
  readonly manifestsPrefix: string
  readonly blobsPrefix: string
  /** Where the bucket is: its name in the host, or in the path. Ends with a slash. */
  readonly base: URL
  readonly credentials: AwsCredentials | undefined
  /** What an export needs and is older is made new, so that no rule of the bucket removes it. */
  readonly touchRefreshMs: number
  readonly uploadsAtOnce: number
  /** All tries of a request. */
  readonly attempts: number | undefined
}

export const S3_ATTRIBUTES: ReadonlySet<string> = new Set([
  'bucket', 'region', 'name', 'prefix', 'blobs_prefix', 'manifests_prefix', 'endpoint_url', 'use_path_style', 'access_key_id', 'secret_access_key', 'session_token', 'touch_refresh', 'upload_parallelism',
  'retry_max_attempts', 'disable_accept_encoding', // the latter is about a header that is not signed here
])

const DAY_MS = 24 * 3_600_000

/** @throws InvalidValueError */
export function parseS3Attributes(attributes: PlaceAttributes): S3Attributes {
  const bucket = requiredAttribute('s3', attributes, 'bucket', 'give bucket=NAME, or set AWS_BUCKET')
  const region = requiredAttribute('s3', attributes, 'region', 'give region=NAME, or set AWS_REGION; a server that has none takes any')
  if (!/^[A-Za-z0-9._-]{3,63}$/.test(bucket)) throw new InvalidValueError(`invalid name of a bucket: ${JSON.stringify(bucket)}`)
  if (!/^[A-Za-z0-9-]{1,63}$/.test(region)) throw new InvalidValueError(`invalid region: ${JSON.stringify(region)}`)
  const prefix = attributes.get('prefix') ?? ''
  flagAttribute(attributes, 'disable_accept_encoding')
  return {
    bucket,
    region,
    names: parseNames(attributes.get('name') ?? 'buildkit'),
    manifestsPrefix: `${prefix}${attributes.get('manifests_prefix') ?? 'manifests/'}`,
    blobsPrefix: `${prefix}${attributes.get('blobs_prefix') ?? 'blobs/'}`,
    base: locateBucket(bucket, region, attributes),
    credentials: parseCredentials(attributes),
    touchRefreshMs: durationAttribute(attributes, 'touch_refresh', DAY_MS),
    uploadsAtOnce: countAttribute(attributes, 'upload_parallelism', 4),
    attempts: attributes.has('retry_max_attempts') ? countAttribute(attributes, 'retry_max_attempts', 1) : undefined,
  }
}

function parseNames(text: string): readonly [string, ...string[]] {
  const [first = '', ...others] = text.split(';').map((name) => name.trim()).filter((name) => name !== '')
  if (first === '') throw new InvalidValueError(`a cache's name is empty: ${JSON.stringify(text)}`)
  return [first, ...others]
}

function parseCredentials(attributes: PlaceAttributes): AwsCredentials | undefined {
  const accessKeyId = attributes.get('access_key_id') ?? ''
  const secretAccessKey = attributes.get('secret_access_key') ?? ''
  if (accessKeyId === '' || secretAccessKey === '') return undefined
  const sessionToken = attributes.get('session_token') ?? ''
  return { accessKeyId, secretAccessKey, sessionToken: sessionToken === '' ? undefined : sessionToken }
}

/** As AWS's clients decide it: the bucket is a part of the host where that can be and nothing speaks against it. */
function locateBucket(bucket: string, region: string, attributes: PlaceAttributes): URL {
  const given = attributes.get('endpoint_url') ?? ''
  const isByPath = flagAttribute(attributes, 'use_path_style')
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  const endpoint = given === '' ? new URL(`https://s3.${region}.${domain}`) : parseAddress('endpoint_url', given)
  const path = endpoint.pathname.replace(/\/*$/, '/')
  const isHost = /^[a-z0-9-]+$/.test(bucket) || (/^[a-z0-9.-]+$/.test(bucket) && endpoint.protocol === 'http:')
  if ((given !== '' && isByPath) || !isHost || isAddress(endpoint.hostname)) return new URL(`${path}${bucket}/`, endpoint)
  const base = new URL(path, endpoint)
  base.hostname = `${bucket}.${endpoint.hostname}`
  return base
}

function isAddress(hostname: string): boolean {
  return hostname.startsWith('[') || /^\d+(\.\d+){3}$/.test(hostname)
}
