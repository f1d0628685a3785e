import { digestOf } from '../../ground/digest.ts'
import { optionalStringList, parseJsonObject } from '../../ground/jsonValue.ts'
import type { Digest } from '../../ground/digest.ts'
import { manifestRequest } from '../internal/manifests/manifestRequest.ts'
import { readSmallBody } from '../internal/response.ts'
import { pullScope } from '../internal/scope.ts'
import { parseIndex, parseManifest } from '../../image/manifestJson.ts'
import { isIndexType, isManifestType } from '../../ground/oci/mediaType.ts'
import { contentTypeOf, manifestTypeOf } from '../internal/manifests/manifestType.ts'
import { ask, describeAnswer, look, type ProbeTarget } from './ask.ts'
import { observe, type Observation } from './observation.ts'

type RepositoryTarget = ProbeTarget & { readonly repository: string }

/** What can be found out of a repository without changing it. `tag` is an image to read; undefined takes one that is there. */
export async function probeReading(target: RepositoryTarget, tag: string | undefined): Promise<readonly Observation[]> {
  const access = await look(target, 'pull', () => probeTags(target))
  const name = tag ?? (await firstTag(target))
  const referrers = await look(target, 'referrers API', () => probeReferrers(target, digestOf('')))
  if (access.outcome === 'no' || name === undefined) return [access, referrers]
  return [access, await look(target, 'HEAD', () => probeHead(target, name)), ...(await probeRanges(target, name)), referrers]
}

async function probeTags(target: RepositoryTarget): Promise<Observation> {
  const response = await askTags(target)
  if (response.status === 404) return observe('pull', 'unknown', `there is no repository ${target.repository} yet: ${await describeAnswer(response)}`)
  if (response.status >= 300) return observe('pull', 'unknown', `tags cannot be listed: ${await describeAnswer(response)}`)
  await response.discard()
  return observe('pull', 'yes', `${target.repository} can be read`)
}

async function firstTag(target: RepositoryTarget): Promise<string | undefined> {
  const response = await askTags(target).catch(() => undefined) // what it was is said already
  if (response?.status !== 200) return void (await response?.discard())
  const body = parseJsonObject(Buffer.from(await readSmallBody(response, target.repository)).toString(), 'the list of tags')
  return optionalStringList(body, 'tags')?.[0]
}

const askTags = async (target: RepositoryTarget): ReturnType<typeof ask> => await ask(target, { method: 'GET', target: `${target.repository}/tags/list?n=1`, scopes: scopesOf(target) })

/** Of a manifest by tag or digest. */
export async function probeHead(target: RepositoryTarget, tag: string): Promise<Observation> {
  const response = await ask(target, manifestQuestion(target, 'HEAD', tag))
  await response.discard()
  if (response.status !== 200) return observe('HEAD', 'no', `HEAD of ${tag} is answered by HTTP status ${response.status}`)
  if (response.header('docker-content-digest') === undefined) return observe('HEAD', 'poor', 'a manifest can be asked for without its bytes, but its digest is not told')
  return observe('HEAD', 'yes', 'a manifest can be asked for without its bytes')
}

async function probeRanges(target: RepositoryTarget, tag: string): Promise<readonly Observation[]> {
  const blob = await look(target, 'ranges', async () => {
    const found = await configOf(target, tag)
    return found === undefined ? observe('ranges', 'unknown', `${tag} names no blob to try it with`) : await probeRange(target, found)
  })
  return blob.outcome === 'unknown' ? [] : [blob]
}

/** The config of an image, or of the first one of an index: the smallest of its blobs. */
async function configOf(target: RepositoryTarget, name: string): Promise<Digest | undefined> {
  const response = await ask(target, manifestQuestion(target, 'GET', name))
  if (response.status !== 200) return void (await response.discard())
  const bytes = await readSmallBody(response, target.repository)
  const mediaType = manifestTypeOf(contentTypeOf(response), bytes)
  if (isManifestType(mediaType)) return parseManifest(bytes, mediaType).config.digest
  const [first] = isIndexType(mediaType) ? parseIndex(bytes, mediaType).manifests.filter((entry) => isManifestType(entry.mediaType)) : []
  return first === undefined ? undefined : await configOf(target, first.digest)
}

/** Asks for all but the first byte of a blob. */
export async function probeRange(target: RepositoryTarget, digest: Digest): Promise<Observation> {
  const response = await ask(target, { method: 'GET', target: `${target.repository}/blobs/${digest}`, headers: new Map([['range', 'bytes=1-']]), scopes: scopesOf(target) })
  await response.discard()
  if (response.status === 206) return observe('ranges', 'yes', 'a download can go on where it broke off')
  return observe('ranges', 'no', `a range of a blob is answered by HTTP status ${response.status}`)
}

/** OCI distribution-spec 1.1, "Listing Referrers": 200 even where nothing refers to the digest. */
export async function probeReferrers(target: RepositoryTarget, digest: Digest): Promise<Observation> {
  const response = await ask(target, { method: 'GET', target: `${target.repository}/referrers/${digest}`, scopes: scopesOf(target) })
  const isList = response.status === 200 && contentTypeOf(response)?.includes('index') === true
  if (!isList) return observe('referrers API', 'no', await describeAnswer(response))
  await response.discard()
  return observe('referrers API', 'yes', 'what refers to an image can be listed')
}

function manifestQuestion(target: RepositoryTarget, method: 'GET' | 'HEAD', name: string): ReturnType<typeof manifestRequest> {
  const isDigest = name.startsWith('sha256:')
  return manifestRequest(method, { host: target.endpoint.host, repository: target.repository, tag: isDigest ? undefined : name, digest: isDigest ? (name as Digest) : undefined })
}

function scopesOf({ endpoint, repository }: RepositoryTarget): readonly string[] {
  return [pullScope({ host: endpoint.host, repository })]
}
