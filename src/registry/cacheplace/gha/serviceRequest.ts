import { InvalidValueError } from '../../../ground/errors.ts'
import { optionalString, parseJsonObject, type JsonObject } from '../../../ground/jsonValue.ts'
import type { HttpResponse } from '../../../kit/http.ts'
import { readUpTo } from '../../internal/response.ts'
import { CachePlaceAnswerError } from '../cachePlaceError.ts'
import type { Explanation, PlaceRequester } from '../internal/placeRequester.ts'
import type { ActionsToken } from './actionsToken.ts'

/** A page of a hundred keys has some 40 KiB. */
const ANSWER_BYTES = 1024 * 1024

export interface ServiceCall {
  readonly method: 'GET' | 'POST'
  readonly url: URL
  /** What the service takes for JSON; undefined for a call without a body. */
  readonly message: Readonly<Record<string, unknown>> | undefined
  readonly token: ActionsToken
  /** As for PlaceRequest. */
  readonly answers: readonly number[]
}

/** Both services: the first names its version in `accept`, which the second does not mind. */
export async function callService(requester: PlaceRequester, { method, url, message, token, answers }: ServiceCall, signal: AbortSignal): Promise<HttpResponse> {
  const headers = new Map([
    ['accept', 'application/json;api-version=6.0-preview.1'],
    ['authorization', `Bearer ${token.text}`],
    ...(message === undefined ? [] : [['content-type', 'application/json'] as const]),
  ])
  const openBody = message === undefined ? undefined : (): string => JSON.stringify(message)
  return await requester.send({ method, url, headers: () => Promise.resolve(headers), openBody, answers }, signal)
}

/** @throws CachePlaceAnswerError where it is no small object of JSON */
export async function readAnswer(response: HttpResponse, place: string): Promise<JsonObject> {
  const bytes = await readUpTo(response, ANSWER_BYTES)
  return readField(() => parseJsonObject(new TextDecoder().decode(bytes ?? new Uint8Array()), 'the answer'), place)
}

/** What `read` finds in an answer. @throws CachePlaceAnswerError where it is not there or of another kind */
export function readField<T>(read: () => T, place: string): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof InvalidValueError ? new CachePlaceAnswerError(place, `it answers what nobody understands: ${error.message}`) : error
  }
}

/** An address that the service gives out. @throws CachePlaceAnswerError */
export function parseGivenUrl(text: string, place: string): URL {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) throw new CachePlaceAnswerError(place, 'it gives out what is no address')
  return url
}

/** The first service has `typeKey` and `message`, the second `code` and `msg`, Azure's storage XML. */
export function explainGha(body: string): Explanation {
  try {
    const answer = parseJsonObject(body, 'the error')
    return { code: optionalString(answer, 'typeKey') ?? optionalString(answer, 'code') ?? '', message: optionalString(answer, 'message') ?? optionalString(answer, 'msg') ?? '' }
  } catch {
    return { code: /<Code>([^<]{1,100})<\/Code>/.exec(body)?.[1] ?? '', message: '' }
  }
}

export function hintForGha(status: number): string | undefined {
  if (status === 401) return "GitHub's token is good for one job, while it runs: give the cache what ACTIONS_RUNTIME_TOKEN has there"
  return status === 403 ? 'workflows of pull requests from forks may only read caches; the token tells' : undefined
}
