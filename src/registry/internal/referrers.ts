import type { Digest } from '../../ground/digest.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { formatRepository } from '../../ground/reference.ts'
import { parseIndex } from '../../image/manifestJson.ts'
import type { HttpResponse } from '../../kit/http.ts'
import type { Repository } from '../registry.ts'
import { AuthenticationError } from '../registryError.ts'
import type { Endpoint } from './endpoint.ts'
import type { RegistryRequest, Requester } from './requester.ts'
import { readSmallBody } from './response.ts'
import { pullScope } from './scope.ts'

/** A page has hundreds of them; an answer that never ends is not followed. */
const MAX_PAGES = 100

/** OCI distribution-spec, "Listing Referrers": by the API, or where the registry has none, by the tag that stands in for it. */
export async function fetchReferrers(requester: Requester, repository: Repository, { digest, signal }: { readonly digest: Digest; readonly signal: AbortSignal }): Promise<readonly Descriptor[]> {
  return await requester.askOrigin(
    repository.host,
    async (endpoint) => (await askApi(requester, endpoint, { repository, digest, signal })) ?? (await readFallback(requester, endpoint, { repository, digest, signal })),
    signal,
  )
}

/** The tag under which registries without the API have the list. */
export function referrersTag(digest: Digest): string {
  return digest.replace(':', '-')
}

interface Question {
  readonly repository: Repository
  readonly digest: Digest
  readonly signal: AbortSignal
}

/** Undefined where there is no such API. */
async function askApi(requester: Requester, endpoint: Endpoint, { repository, digest, signal }: Question): Promise<readonly Descriptor[] | undefined> {
  const found: Descriptor[] = []
  let target: string | URL | undefined = `${repository.repository}/referrers/${digest}`
  for (let page = 0; target !== undefined && page < MAX_PAGES; page += 1) {
    const response = await ask(requester, endpoint, { repository, target, signal })
    const list = response === undefined ? undefined : await readList(response, digest)
    if (response === undefined || list === undefined) return undefined
    found.push(...list)
    target = nextPage(response)
  }
  return found
}

async function readFallback(requester: Requester, endpoint: Endpoint, { repository, digest, signal }: Question): Promise<readonly Descriptor[]> {
  const response = await ask(requester, endpoint, { repository, target: `${repository.repository}/manifests/${referrersTag(digest)}`, signal })
  return response === undefined ? [] : ((await readList(response, referrersTag(digest))) ?? [])
}

/** Undefined where the answer is none of the 2xx: an old registry may say anything of an API that it does not know, a denial too. */
async function ask(requester: Requester, endpoint: Endpoint, { repository, target, signal }: Pick<Question, 'repository' | 'signal'> & { readonly target: string | URL }): Promise<HttpResponse | undefined> {
  const subject = formatRepository({ ...repository, tag: undefined, digest: undefined })
  const request: RegistryRequest = { method: 'GET', target, headers: new Map([['accept', MEDIA_TYPE.ociIndex]]), openBody: undefined, subject, scopes: [pullScope(repository)] }
  try {
    const response = await requester.send(endpoint, request, signal)
    if (response.status === 200) return response
    await response.discard()
    return undefined
  } catch (error) {
    if (error instanceof AuthenticationError) return undefined
    throw error
  }
}

/** Undefined where it is no index: some registries answer whatever is asked for with a page for people. */
async function readList(response: HttpResponse, subject: string): Promise<readonly Descriptor[] | undefined> {
  const mediaType = response.header('content-type')?.split(';')[0]?.trim()
  if (mediaType === MEDIA_TYPE.ociIndex) return parseIndex(await readSmallBody(response, subject), mediaType).manifests
  await response.discard()
  return undefined
}

/** Only where it leads to the same host: the list's further pages are no reason to tell others who asks. */
function nextPage(response: HttpResponse): URL | undefined {
  const link = response.headers('link').map((value) => /<([^>]*)>\s*;(?:[^,]*;)?\s*rel="?next"?/.exec(value)?.[1]).find((value) => value !== undefined)
  const next = link === undefined ? undefined : new URL(link, response.url)
  return next?.origin === response.url.origin ? next : undefined
}
