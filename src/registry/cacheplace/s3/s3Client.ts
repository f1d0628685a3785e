import { digestHex, digestOf, type Digest } from '../../../ground/digest.ts'
import type { HttpRequest, HttpResponse } from '../../../kit/http.ts'
import { readUpTo } from '../../internal/response.ts'
import { CacheAccessDeniedError, CachePlaceUnavailableError } from '../cachePlaceError.ts'
import type { Explanation, PlaceRequester } from '../internal/placeRequester.ts'
import type { AwsCredentialSource } from './credentials/awsCredentials.ts'

/** Signed requests to one bucket. */
export interface S3Client {
  /** Answers are as of PlaceRequester. */
  send(request: S3Request, signal: AbortSignal): Promise<HttpResponse>
  /** The same of a call whose answer of 200 may bring an error, for it has begun long before its end. Gives the body. */
  call(request: S3Request, signal: AbortSignal): Promise<string>
}

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  readonly key: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: ReadonlyMap<string, string>
  readonly body?: S3Body
  readonly answers?: readonly number[]
}

export interface S3Body {
  /** Of all bytes: it is signed, and checked at the other end. */
  readonly digest: Digest
  readonly sizeBytes: number
  readonly open: () => NonNullable<HttpRequest['body']>
}

export interface S3ClientOptions {
  readonly base: URL
  readonly region: string
  readonly requester: PlaceRequester
  readonly credentials: AwsCredentialSource
  readonly now: () => number
}

const EMPTY_DIGEST = digestOf('')
const ANSWER_BYTES = 1024 * 1024

export function createS3Client({ base, region, requester, credentials, now }: S3ClientOptions): S3Client {
  const sign = async (request: S3Request, url: URL, signal: AbortSignal): Promise<ReadonlyMap<string, string>> => {
    const keys = await credentials.credentials(signal)
    if (keys === undefined) throw new CacheAccessDeniedError(requester.place, 'there are no credentials for it', { hint: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or have a profile in ~/.aws/credentials' })
    const { AwsV4Signer } = await import('aws4fetch')
    const { sessionToken, ...pair } = keys
    const signed = await new AwsV4Signer({
      method: request.method,
      url: url.href,
      headers: [...(request.headers ?? []), ['x-amz-content-sha256', digestHex(request.body?.digest ?? EMPTY_DIGEST)]],
      ...pair,
      ...(sessionToken === undefined ? {} : { sessionToken }),
      service: 's3',
      region,
      datetime: new Date(now()).toISOString().replace(/[:-]|\.\d{3}/g, ''),
    }).sign()
    return new Map([...signed.headers, ...(request.body === undefined ? [] : [['content-length', String(request.body.sizeBytes)] as const])])
  }

  const send: S3Client['send'] = async (request, signal) => {
    const url = urlOf(base, request)
    return await requester.send({ method: request.method, url, headers: () => sign(request, url, signal), openBody: request.body?.open, answers: request.answers ?? [] }, signal)
  }

  return {
    send,
    async call(request, signal) {
      const response = await send(request, signal)
      const body = new TextDecoder().decode((await readUpTo(response, ANSWER_BYTES)) ?? new Uint8Array())
      if (!body.includes('<Error>')) return body
      const { code, message } = explainS3(body)
      throw new CachePlaceUnavailableError(requester.place, `it failed in the midst of its work (${code}: ${message})`, { isTransient: false })
    },
  }
}

/** Everything but letters, digits and `-._~` is encoded, as signatures of version 4 want it. */
export function encodeKey(key: string): string {
  return key.split('/').map((part) => encodeURIComponent(part).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)).join('/')
}

function urlOf(base: URL, { key, query = {} }: S3Request): URL {
  const search = new URLSearchParams(query).toString()
  return new URL(`${base.href}${encodeKey(key)}${search === '' ? '' : `?${search}`}`)
}

export function explainS3(body: string): Explanation {
  return { code: elementOf(body, 'Code') ?? '', message: elementOf(body, 'Message') ?? '' }
}

/** The text of the first element of a name; of a small answer whose elements have no attributes. */
export function elementOf(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]{0,1000})</${name}>`).exec(xml)?.[1]
  return text?.replace(/&(quot|apos|lt|gt|amp|#34);/g, (_, entity: string) => ENTITIES.get(entity) ?? '')
}

const ENTITIES: ReadonlyMap<string, string> = new Map([['quot', '"'], ['#34', '"'], ['apos', "'"], ['lt', '<'], ['gt', '>'], ['amp', '&']])

export function hintForS3(status: number, { code }: Explanation): string | undefined {
  if (code === 'NoSuchBucket') return 'create the bucket, or check bucket, region and endpoint_url'
  if (status === 301 || code === 'AuthorizationHeaderMalformed' || code === 'PermanentRedirect') return 'the bucket may be in another region: check region'
  if (code === 'SignatureDoesNotMatch' || code === 'InvalidAccessKeyId') return 'check the access key and its secret'
  if (code === 'RequestTimeTooSkewed') return "set the machine's clock"
  return status === 403 ? 'check the access key and its secret; it needs s3:GetObject, s3:PutObject and s3:ListBucket there' : undefined
}
