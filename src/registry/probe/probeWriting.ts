import { digestOf, type Digest } from '../../ground/digest.ts'
import { describeBlob, type Descriptor } from '../../ground/oci/descriptor.ts'
import type { Manifest } from '../../ground/oci/manifest.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { parsePlatform } from '../../ground/platform.ts'
import { formatIndex, formatManifest } from '../../image/manifestJson.ts'
import { readWriteScope } from '../internal/scope.ts'
import { ask, describeAnswer, look, type ProbeTarget, type Question } from './ask.ts'
import { observe, type Ability, type LeftBehind, type Observation } from './observation.ts'
import { probeHead, probeRange, probeReferrers } from './probeReading.ts'

type RepositoryTarget = ProbeTarget & { readonly repository: string }

export interface WrittenProbe {
  readonly observations: readonly Observation[]
  readonly left: readonly LeftBehind[]
}

/** The same each time, so that what a registry does not let go does not grow. */
const CONFIG = Buffer.from('{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[]},"history":[],"author":"pelago doctor"}')
const EMPTY = Buffer.from('{}')
const CHUNKED = Buffer.from('a blob of pelago doctor, sent in two chunks')

/** Pushes blobs and manifests of a few hundred bytes, by digest and without a tag, and takes away what may be taken away. */
export async function probeWriting(target: RepositoryTarget): Promise<WrittenProbe> {
  const pushed = new Map<Digest, LeftBehind>()
  const first = await look(target, 'push', () => probeUpload(target, CONFIG, pushed))
  if (first.outcome !== 'yes') return { observations: [first], left: [] }
  await look(target, 'uploads', () => probeUpload(target, EMPTY, pushed))
  const observations = [
    first,
    await look(target, 'chunked uploads', () => probeChunks(target, pushed)),
    await look(target, 'mounts', () => probeMount(target)),
    await look(target, 'ranges', () => probeRange(target, digestOf(CONFIG))),
  ]
  for (const document of makeDocuments()) observations.push(await look(target, document.ability, () => probeDocument(target, document, pushed)))
  const [manifest] = [...pushed.values()].filter(({ kind }) => kind === 'manifest')
  if (manifest !== undefined) observations.push(await look(target, 'HEAD', () => probeHead(target, manifest.digest)))
  observations.push(await look(target, 'referrers API', () => probeReferrers(target, digestOf(CONFIG))))
  observations.push(await look(target, 'delete', () => removeAll(target, pushed)))
  return { observations, left: [...pushed.values()] }
}

async function probeUpload(target: RepositoryTarget, bytes: Uint8Array, pushed: Map<Digest, LeftBehind>): Promise<Observation> {
  const session = await startSession(target)
  if (session.location === undefined) return observe('push', 'no', `an upload cannot begin: ${session.answer}`)
  const response = await askToWrite(target, { method: 'PUT', target: withDigest(session.location, bytes), headers: headersOf(bytes), openBody: () => bytes })
  if (response.status >= 300) return observe('push', 'no', `a PUT of a whole blob is refused: ${await describeAnswer(response)}`)
  await response.discard()
  note(pushed, 'blob', bytes)
  return observe('push', 'yes', `${target.repository} can be written to`)
}

async function probeChunks(target: RepositoryTarget, pushed: Map<Digest, LeftBehind>): Promise<Observation> {
  let { location } = await startSession(target)
  for (const [start, end] of [[0, 20], [20, CHUNKED.byteLength]] as const) {
    if (location === undefined) return observe('chunked uploads', 'no', 'a chunk is answered without a place for the next')
    const chunk = CHUNKED.subarray(start, end)
    const response = await askToWrite(target, { method: 'PATCH', target: location, headers: new Map([...headersOf(chunk), ['content-range', `${start}-${end - 1}`]]), openBody: () => chunk })
    if (response.status >= 300) return observe('chunked uploads', 'no', `a PATCH of a chunk is refused: ${await describeAnswer(response)}`)
    await response.discard()
    location = locationOf(response.header('location'), response.url)
  }
  if (location === undefined) return observe('chunked uploads', 'no', 'a chunk is answered without a place for the end')
  const response = await askToWrite(target, { method: 'PUT', target: withDigest(location, CHUNKED), headers: headersOf(Buffer.alloc(0)) })
  if (response.status >= 300) return observe('chunked uploads', 'no', `the end of chunks is refused: ${await describeAnswer(response)}`)
  await response.discard()
  note(pushed, 'blob', CHUNKED)
  return observe('chunked uploads', 'yes', 'a blob can be sent in parts')
}

/** From the repository to itself: that needs no second one, and is answered the same. */
async function probeMount(target: RepositoryTarget): Promise<Observation> {
  const query = new URLSearchParams({ mount: digestOf(CONFIG), from: target.repository })
  const response = await askToWrite(target, { method: 'POST', target: `${target.repository}/blobs/uploads/?${query.toString()}`, headers: headersOf(Buffer.alloc(0)) })
  if (response.status === 201) {
    await response.discard()
    return observe('mounts', 'yes', 'layers of other repositories need not be sent')
  }
  const location = locationOf(response.header('location'), response.url)
  const seen = await describeAnswer(response)
  if (location !== undefined) await (await askToWrite(target, { method: 'DELETE', target: location })).discard()
  return observe('mounts', 'no', `a mount is answered by ${seen}`)
}

interface ProbeDocument {
  readonly ability: Ability
  readonly mediaType: string
  readonly bytes: Uint8Array
}

function makeDocuments(): readonly ProbeDocument[] {
  const config = (mediaType: string, bytes: Uint8Array): Descriptor => describeBlob(mediaType, digestOf(bytes), bytes.byteLength)
  const manifest = (ability: Ability, part: Pick<Manifest, 'mediaType' | 'config'> & Partial<Manifest>): ProbeDocument => {
    const bytes = formatManifest({ artifactType: undefined, layers: [], subject: undefined, annotations: new Map(), ...part })
    return { ability, mediaType: part.mediaType, bytes }
  }
  const index = (ability: Ability, mediaType: string, inner: ProbeDocument): ProbeDocument => {
    const entry = { ...config(inner.mediaType, inner.bytes), platform: parsePlatform('linux/amd64') }
    return { ability, mediaType, bytes: formatIndex({ mediaType, artifactType: undefined, manifests: [entry], subject: undefined, annotations: new Map() }) }
  }
  const image = manifest('OCI manifest', { mediaType: MEDIA_TYPE.ociManifest, config: config(MEDIA_TYPE.ociConfig, CONFIG) })
  const list = index('OCI index', MEDIA_TYPE.ociIndex, image)
  const dockerImage = manifest('Docker manifest', { mediaType: MEDIA_TYPE.dockerManifest, config: config(MEDIA_TYPE.dockerConfig, CONFIG) })
  return [
    image,
    list,
    index('nested index', MEDIA_TYPE.ociIndex, list),
    dockerImage,
    index('Docker list', MEDIA_TYPE.dockerIndex, dockerImage),
    manifest('artifacts', { mediaType: MEDIA_TYPE.ociManifest, artifactType: 'application/vnd.pelago.probe', config: config(MEDIA_TYPE.ociEmpty, EMPTY), layers: [config(MEDIA_TYPE.ociEmpty, EMPTY)] }),
    manifest('zstd layers', { mediaType: MEDIA_TYPE.ociManifest, config: config(MEDIA_TYPE.ociConfig, CONFIG), layers: [config(MEDIA_TYPE.ociLayerZstd, EMPTY)] }),
  ]
}

async function probeDocument(target: RepositoryTarget, { ability, mediaType, bytes }: ProbeDocument, pushed: Map<Digest, LeftBehind>): Promise<Observation> {
  const digest = digestOf(bytes)
  const response = await askToWrite(target, { method: 'PUT', target: `${target.repository}/manifests/${digest}`, headers: new Map([['content-type', mediaType]]), openBody: () => bytes })
  if (response.status >= 300) return observe(ability, 'no', `it is refused: ${await describeAnswer(response)}`)
  await response.discard()
  note(pushed, 'manifest', bytes)
  const told = response.header('docker-content-digest')
  return told === undefined || told === digest ? observe(ability, 'yes', 'it is taken') : observe(ability, 'poor', `it is taken, and told to be ${told} instead of ${digest}`)
}

/** Indexes before what they name. What is taken away is no longer in `pushed`. */
async function removeAll(target: RepositoryTarget, pushed: Map<Digest, LeftBehind>): Promise<Observation> {
  const refusals: string[] = []
  for (const [digest, { kind }] of [...pushed].reverse()) {
    const response = await askToWrite(target, { method: 'DELETE', target: `${target.repository}/${kind}s/${digest}` })
    if (response.status < 300 || response.status === 404) {
      await response.discard()
      pushed.delete(digest)
    } else refusals.push(`of a ${kind}: ${await describeAnswer(response)}`)
  }
  const [refusal] = refusals
  if (refusal === undefined) return observe('delete', 'yes', 'manifests and blobs can be removed by digest')
  const isManifestKept = [...pushed.values()].some(({ kind }) => kind === 'manifest')
  return observe('delete', isManifestKept ? 'no' : 'poor', `removal is refused ${refusal}`)
}

async function startSession(target: RepositoryTarget): Promise<{ readonly location: URL | undefined; readonly answer: string }> {
  const response = await askToWrite(target, { method: 'POST', target: `${target.repository}/blobs/uploads/`, headers: headersOf(Buffer.alloc(0)) })
  const location = response.status < 300 ? locationOf(response.header('location'), response.url) : undefined
  return { location, answer: await describeAnswer(response) }
}

async function askToWrite(target: RepositoryTarget, question: Question): ReturnType<typeof ask> {
  return await ask(target, { ...question, scopes: [readWriteScope({ host: target.endpoint.host, repository: target.repository }, question.method === 'DELETE')] })
}

function note(pushed: Map<Digest, LeftBehind>, kind: LeftBehind['kind'], bytes: Uint8Array): void {
  pushed.set(digestOf(bytes), { kind, digest: digestOf(bytes), sizeBytes: bytes.byteLength })
}

function locationOf(location: string | undefined, from: URL): URL | undefined {
  return location === undefined ? undefined : (URL.parse(location, from.href) ?? undefined)
}

function withDigest(location: URL, bytes: Uint8Array): URL {
  const url = new URL(location)
  url.searchParams.set('digest', digestOf(bytes))
  return url
}

function headersOf(body: Uint8Array): ReadonlyMap<string, string> {
  return new Map([['content-type', 'application/octet-stream'], ['content-length', String(body.byteLength)]])
}
