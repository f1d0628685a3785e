import { digestOf, type Digest } from '../../../ground/digest.ts'
import type { HttpClient, HttpResponse } from '../../../kit/http.ts'
import { createLimit } from '../../../kit/limit.ts'
import type { RetryPolicy } from '../../../kit/retry.ts'
import type { CachePlace } from '../cachePlace.ts'
import { CachePlaceMissingError } from '../cachePlaceError.ts'
import { blobOfBytes } from '../blobOfBytes.ts'
import { DOWNLOAD_ANSWERS, readConfigBody, readPlaceBlob } from '../internal/placeDownload.ts'
import { createPlaceRequester } from '../internal/placeRequester.ts'
import type { AwsCredentialSource } from './credentials/awsCredentials.ts'
import type { S3Attributes } from './s3Attributes.ts'
import { createS3Client, encodeKey, explainS3, hintForS3, type S3Client } from './s3Client.ts'
import { uploadObject } from './s3Upload.ts'

export interface S3PlaceOptions {
  readonly http: HttpClient
  readonly retries: RetryPolicy
  /** Where the attributes have none. */
  readonly credentials: AwsCredentialSource
  readonly now: () => number
}

/** A bucket that asks to wait longer is given up. */
const LONGEST_WAIT_MS = 60_000
const PARTS_AT_ONCE = 4
/** S3 copies no more at once. */
const MOST_COPIED_BYTES = 5 * 1024 ** 3

/** A bucket of S3 or of a server that speaks its protocol. `http` is the place's own from here on. */
export function createS3Place(attributes: S3Attributes, { http, retries, credentials, now }: S3PlaceOptions): CachePlace {
  const place = `S3 bucket ${JSON.stringify(attributes.bucket)}`
  const ownRetries = { ...retries, attempts: attributes.attempts ?? retries.attempts }
  const requester = createPlaceRequester({ place, http, retries: ownRetries, longestWaitMs: LONGEST_WAIT_MS, explain: explainS3, hintFor: hintForS3, now })
  const given = attributes.credentials
  const client = createS3Client({ base: attributes.base, region: attributes.region, requester, credentials: given === undefined ? credentials : { credentials: () => Promise.resolve(given) }, now })
  const limit = createLimit(PARTS_AT_ONCE)
  const blobKey = (digest: Digest): string => `${attributes.blobsPrefix}${digest}`
  const manifestKey = (name: string): string => `${attributes.manifestsPrefix}${name}`

  const openBlob = async (digest: Digest, range: string | undefined, signal: AbortSignal): Promise<HttpResponse> =>
    await client.send({ method: 'GET', key: blobKey(digest), ...(range === undefined ? {} : { headers: new Map([['range', range]]) }), answers: DOWNLOAD_ANSWERS }, signal)

  return {
    name: `s3:${attributes.bucket}/${attributes.manifestsPrefix}${attributes.names[0]}`,
    exportTitle: 'exporting cache to Amazon S3',
    uploadsAtOnce: attributes.uploadsAtOnce,
    sizeBytes: async (digest, signal) => (await headObject(client, blobKey(digest), signal))?.sizeBytes,
    read: (digest, offset, signal) => readPlaceBlob({ place, digest, offset, retries: ownRetries, openRange: (range) => openBlob(digest, range, signal) }, signal),
    async writeBlob(blob, signal) {
      const key = blobKey(blob.digest)
      const there = await headObject(client, key, signal)
      const isWhole = there?.sizeBytes === blob.sizeBytes // another size is that of something else
      const isFresh = there !== undefined && now() - there.modifiedAt <= attributes.touchRefreshMs
      if (isWhole && !isFresh && blob.sizeBytes < MOST_COPIED_BYTES) await touchObject(client, { bucket: attributes.bucket, key, now: now() }, signal)
      else if (!isWhole || !isFresh) await uploadObject(client, { key, blob, limit, place }, signal)
      return isWhole ? 'present' : 'uploaded'
    },
    async readConfigs(signal) {
      const config = await readObject(client, { key: manifestKey(attributes.names[0]), place }, signal)
      return config === undefined ? [] : [config]
    },
    async writeConfig(bytes, signal) {
      for (const name of attributes.names) await uploadObject(client, { key: manifestKey(name), blob: blobOfBytes(bytes), limit, place }, signal)
    },
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  }
}

interface ObjectHead {
  readonly sizeBytes: number
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number
}

async function headObject(client: S3Client, key: string, signal: AbortSignal): Promise<ObjectHead | undefined> {
  const response = await client.send({ method: 'HEAD', key, answers: [404] }, signal)
  await response.discard()
  if (response.status === 404) return undefined
  const modifiedAt = Date.parse(response.header('last-modified') ?? '')
  return { sizeBytes: Number(response.header('content-length') ?? Number.NaN), modifiedAt: Number.isNaN(modifiedAt) ? 0 : modifiedAt }
}

/** Undefined where the bucket has none. @throws CachePlaceMissingError where there is no bucket */
async function readObject(client: S3Client, { key, place }: { readonly key: string; readonly place: string }, signal: AbortSignal): Promise<Uint8Array | undefined> {
  try {
    return await readConfigBody(await client.send({ method: 'GET', key }, signal), place)
  } catch (error) {
    if (error instanceof CachePlaceMissingError && error.code !== 'NoSuchBucket') return undefined
    throw error
  }
}

/** Copies an object to itself, by which it becomes new. */
async function touchObject(client: S3Client, { bucket, key, now }: { readonly bucket: string; readonly key: string; readonly now: number }, signal: AbortSignal): Promise<void> {
  const headers = new Map([
    ['x-amz-copy-source', `/${bucket}/${encodeKey(key).replaceAll('%3A', ':')}`], // some servers decode no colon there
    ['x-amz-metadata-directive', 'REPLACE'],
    ['x-amz-meta-updated-at', new Date(now).toISOString()],
  ])
  await client.call({ method: 'PUT', key, headers, body: { digest: EMPTY, sizeBytes: 0, open: () => '' } }, signal)
}

const EMPTY = digestOf('')
