import { objectList, optionalString, parseJsonObject } from '../../ground/jsonValue.ts'
import type { HttpResponse } from '../../kit/http.ts'
import { AuthenticationError, RegistryRefusedError, RegistryUnavailableError, TooManyRequestsError, UnsupportedImageError, type RegistryError } from '../registryError.ts'

/** The OCI distribution-spec lets registries refuse manifests over 4 MiB; configs are rarely over 100 KiB. */
const SMALL_BODY_BYTES = 8 * 1024 * 1024
const ERROR_BODY_BYTES = 64 * 1024

/** A whole body, of a manifest or an answer in JSON. @throws UnsupportedImageError where it is no small one */
export async function readSmallBody(response: HttpResponse, subject: string): Promise<Uint8Array> {
  const bytes = await readUpTo(response, SMALL_BODY_BYTES)
  if (bytes === undefined) throw new UnsupportedImageError(subject, `the registry sent more than ${SMALL_BODY_BYTES} bytes for a manifest`)
  return bytes
}

/** What the answer means, none of the 2xx. Reads its body. */
export async function refusalOf(response: HttpResponse, host: string, subject: string): Promise<RegistryError> {
  const detail = await readErrorDetail(response)
  const { status } = response
  if (status === 401 || status === 403) return new AuthenticationError(host, subject, `${host} denies access${detail === '' ? '' : ` (${detail})`}`)
  if (status === 429) return new TooManyRequestsError(host, subject, parseRetryAfterMs(response.header('retry-after')), detail)
  if (status >= 500 || status === 408) return new RegistryUnavailableError(subject, `the registry failed with HTTP status ${status}${detail === '' ? '' : ` (${detail})`}`, { isTransient: status !== 501 })
  return new RegistryRefusedError(subject, status, detail)
}

/** The codes and messages of OCI distribution-spec, "Error codes"; '' where the body has none. */
export async function readErrorDetail(response: HttpResponse): Promise<string> {
  const bytes = await readUpTo(response, ERROR_BODY_BYTES).catch(() => undefined) // a broken explanation explains nothing
  if (bytes === undefined) return ''
  try {
    const body = parseJsonObject(Buffer.from(bytes).toString(), 'the error')
    const errors = objectList(body, 'errors').map((error) => [optionalString(error, 'code'), optionalString(error, 'message')].filter(Boolean).join(': '))
    return [optionalString(body, 'details'), ...errors].filter(Boolean).join('; ')
  } catch {
    return ''
  }
}

/** Seconds, or a date: then 0 or more from now on. Undefined where it is neither. */
export function parseRetryAfterMs(value: string | undefined, now: number = Date.now()): number | undefined {
  if (value === undefined) return undefined
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

async function readUpTo(response: HttpResponse, maxBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of response.body) {
    sizeBytes += chunk.byteLength
    if (sizeBytes > maxBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
