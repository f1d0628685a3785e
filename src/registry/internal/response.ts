import { objectList, optionalString, parseJsonObject } from '../../ground/jsonValue.ts'
import type { HttpResponse } from '../../kit/http.ts'
import { AuthenticationError, type Refusal, RegistryRefusedError, RegistryUnavailableError, TooManyRequestsError, UnsupportedImageError, type RegistryError } from '../registryError.ts'
import { readWaitMs } from './rateLimit.ts'

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
  const refusal = await readRefusal(response)
  const { status, codes, detail } = refusal
  const told = detail === '' ? '' : ` (${detail})`
  // some say so with 403 or 503, and mean the same; an answer to HEAD has no body to tell it by
  const isLimit = status === 429 || codes.includes('TOOMANYREQUESTS') || (status === 403 && response.header('retry-after') !== undefined)
  if (isLimit) return new TooManyRequestsError(host, subject, readWaitMs(response, Date.now()), detail)
  if (status === 401 || status === 403) return new AuthenticationError(host, subject, `${host} denies access${told}`)
  if (status === 408 || (status >= 500 && status !== 501)) {
    return new RegistryUnavailableError(subject, `the registry failed with HTTP status ${status}${told}`, { isTransient: true, retryAfterMs: readWaitMs(response, Date.now()) })
  }
  const hint = status === 405 ? `it may be read-only, or a cache of another registry; what it takes is told by: pelago doctor --write ${subject.replace(/@.*/, '')}` : undefined
  return new RegistryRefusedError(subject, refusal, { hint })
}

/** Status, and what the body says of it: by OCI distribution-spec, "Error codes", or the title of a proxy's page. */
export async function readRefusal(response: HttpResponse): Promise<Refusal> {
  const bytes = await readUpTo(response, ERROR_BODY_BYTES).catch(() => undefined) // a broken explanation explains nothing
  return { status: response.status, ...parseRefusalBody(Buffer.from(bytes ?? []).toString()) }
}

/** Of any text: a registry behind a proxy may say whatever it likes. */
export function parseRefusalBody(text: string): Pick<Refusal, 'codes' | 'detail'> {
  const title = /<title>([^<]{1,200})<\/title>/i.exec(text)?.[1]?.trim()
  if (title !== undefined) return { codes: [], detail: `a web page, not a registry's answer: ${title}` }
  try {
    const body = parseJsonObject(text, 'the error')
    const errors = objectList(body, 'errors').map((error) => ({ code: optionalString(error, 'code') ?? '', message: optionalString(error, 'message') ?? '' }))
    const told = errors.map(({ code, message }) => [code, message].filter((part) => part !== '').join(': '))
    return { codes: errors.map(({ code }) => code.toUpperCase()), detail: [optionalString(body, 'details') ?? '', ...told].filter((part) => part !== '').join('; ') }
  } catch {
    return { codes: [], detail: '' }
  }
}

/** Undefined where the body has more. */
export async function readUpTo(response: HttpResponse, maxBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of response.body) {
    sizeBytes += chunk.byteLength
    if (sizeBytes > maxBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
