import { objectList, requiredString } from '../../../ground/jsonValue.ts'
import { CachePlaceError } from '../cachePlaceError.ts'
import type { PlaceRequester } from '../internal/placeRequester.ts'
import type { KeyListing } from './ghaAttributes.ts'
import { readAnswer, readField } from './serviceRequest.ts'

export interface KeyQuestion {
  readonly api: URL
  readonly listing: KeyListing
  readonly prefix: string
  readonly branches: readonly string[]
}

const KEYS_A_PAGE = 100
/** GitHub tells no more than 10,000 of anything. */
const MOST_PAGES = 100

/**
 * All keys that begin so, by GitHub's REST API, "List GitHub Actions caches for a repository": a request for a hundred,
 * where the cache service wants one for each. Undefined where they cannot be had; each is looked up then.
 */
export async function fetchKnownKeys(requester: PlaceRequester, question: KeyQuestion, signal: AbortSignal): Promise<ReadonlySet<string> | undefined> {
  const keys = new Set<string>()
  try {
    for (const branch of question.branches) for await (const key of listKeys(requester, { ...question, branch }, signal)) keys.add(key)
    return keys
  } catch (error) {
    if (error instanceof CachePlaceError) return undefined
    throw error
  }
}

async function* listKeys(requester: PlaceRequester, { api, listing, prefix, branch }: KeyQuestion & { readonly branch: string }, signal: AbortSignal): AsyncGenerator<string> {
  const headers = new Map([['accept', 'application/vnd.github+json'], ['x-github-api-version', '2022-11-28'], ['authorization', `Bearer ${listing.token}`]])
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const url = new URL(`repos/${listing.repository}/actions/caches`, api)
    url.search = new URLSearchParams({ key: prefix, ref: branch, per_page: String(KEYS_A_PAGE), page: String(page) }).toString()
    const response = await requester.send({ method: 'GET', url, headers: () => Promise.resolve(headers), openBody: undefined, answers: [] }, signal)
    const answer = await readAnswer(response, requester.place)
    const found = readField(() => objectList(answer, 'actions_caches').map((cache) => requiredString(cache, 'key')), requester.place)
    yield* found
    if (found.length < KEYS_A_PAGE) return
  }
}
