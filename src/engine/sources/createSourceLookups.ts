import { create } from '@bufbuild/protobuf'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { SourceOpSchema } from '../../api/gen/ops_pb.ts'
import { mapSource } from '../../api/llb/mapSource.ts'
import { compileSourcePolicy } from '../../api/policy/sourcePolicy.ts'
import type { Executor } from '../../executor/executor.ts'
import type { GitSource, HttpSource } from '../../graph/vertex.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import { formatReference, parseReference } from '../../ground/reference.ts'
import { redactUrls } from '../../ground/urlText.ts'
import type { GitSources } from '../../ops/remote/git/gitSource.ts'
import type { HttpFiles } from '../../ops/remote/httpFiles.ts'
import { ChecksumMismatchError } from '../../ops/remote/remoteError.ts'
import type { OpContext } from '../../solver/op.ts'
import type { SessionRegistries } from '../../ops/layerPresence.ts'
import type { SnapshotId, SnapshotStore } from '../../snapshot/snapshotStore.ts'
import { hostPlatform } from '../build/build.ts'
import type { ClientSessions } from '../clientSessions.ts'
import type { NamedContent } from '../images/imageFiles.ts'
import { LAYOUT_SCHEME } from '../images/layoutImages.ts'
import { policedImage } from '../policy/policedSources.ts'
import { runStep, type Step } from '../stepProgress.ts'
import { fetchAttestationChain } from './attestationChain.ts'
import { lookUpImage, lookUpLayoutImage, type LookedUpImage } from './imageLookup.ts'
import type { GitMeta, HttpMeta, SourceMeta } from './sourceMeta.ts'
import type { Asker, ImageLookup, LayoutLookup, MetaLookup, SourceLookups } from './sourceLookups.ts'

export interface LookupDeps extends NamedContent {
  readonly executor: Executor
  readonly registries: SessionRegistries
  readonly sessions: ClientSessions
  readonly snapshots: SnapshotStore
  readonly git: Pick<GitSources, 'find' | 'readObjects'>
  readonly http: Pick<HttpFiles, 'fetch'>
}

export function createSourceLookups(deps: LookupDeps): SourceLookups {
  return {
    async image(lookup, asker, signal) {
      const name = await nameByPolicy(lookup.name, lookup)
      return name.startsWith(LAYOUT_SCHEME) ? await layout({ ...lookup, name, sessionId: '', store: '' }, { deps, asker }, signal) : await image({ ...lookup, name }, { deps, asker }, signal)
    },
    async layout(lookup, asker, signal) {
      const written = lookup.name.startsWith(LAYOUT_SCHEME) ? lookup.name : `${LAYOUT_SCHEME}${lookup.name}`
      const name = await nameByPolicy(written, lookup)
      return name.startsWith(LAYOUT_SCHEME) ? await layout({ ...lookup, name }, { deps, asker }, signal) : await image({ ...lookup, name, mode: 'prefer-local' }, { deps, asker }, signal)
    },
    async meta(source, lookup, asker, signal) {
      const policy = await compileSourcePolicy(lookup.policies)
      const written = policy === undefined ? source : policy.apply(source)
      const found = mapSource(create(SourceOpSchema, { identifier: written.identifier, attrs: Object.fromEntries(written.attributes) }))
      const common = { ...lookup, policies: [] }
      switch (found.kind) {
        case 'image':
          return { kind: 'image', written, ...(await imageWithChain(found.reference, { ...lookup, policies: [] }, { deps, asker }, signal)) }
        case 'layout':
          if (lookup.chain !== undefined) throw new InvalidValueError('the attestations of an image in a layout cannot be asked for', { hint: 'push the image to a registry, where signatures can stand beside it' })
          return { kind: 'image', written, chain: undefined, image: await layout({ ...common, name: found.reference, sessionId: found.sessionId, store: '' }, { deps, asker }, signal) }
        case 'git':
          return { kind: 'git', written, commit: await commitOf(found, lookup, { deps, asker }, signal) }
        case 'http':
          return { kind: 'http', written, file: await fileOf(found, lookup, { deps, asker }, signal) }
        case 'image-blob':
        case 'local':
        case 'result':
          return { kind: 'other', written }
      }
    },
  }
}

async function nameByPolicy(name: string, { policies }: Pick<ImageLookup, 'policies'>): Promise<string> {
  const policy = await compileSourcePolicy(policies)
  return policy === undefined ? name : policedImage(name, policy)
}

interface Asking {
  readonly deps: LookupDeps
  readonly asker: Asker
}

async function image({ name, platform, mode, title }: ImageLookup, { deps: { content, images, executor, registries }, asker }: Asking, signal: AbortSignal): Promise<LookedUpImage> {
  const sources = { content, images, registry: registries.registryFor(asker.sessionId) }
  return await runStep(asker.progress, titleOf(title, name), () => lookUpImage(sources, { name, platform: platform ?? hostPlatform(executor), mode }, signal))
}

async function layout({ name, platform, sessionId, store, title }: LayoutLookup, { deps: { content, executor, sessions }, asker }: Asking, signal: AbortSignal): Promise<LookedUpImage> {
  const owner = sessionId === '' ? asker.sessionId : sessionId
  const blobsOf = (named: string): ReturnType<ClientSessions['clientBlobs']> => sessions.clientBlobs(owner, store === '' ? named : store)
  return await runStep(asker.progress, titleOf(title, name), () => lookUpLayoutImage({ content, blobsOf }, { name, platform: platform ?? hostPlatform(executor) }, signal))
}

/** @throws InvalidValueError where the image that the registry has is another than the local one */
async function imageWithChain(name: string, lookup: MetaLookup, asking: Asking, signal: AbortSignal): Promise<Pick<Extract<SourceMeta, { readonly kind: 'image' }>, 'image' | 'chain'>> {
  const { deps: { registries, executor }, asker } = asking
  if (lookup.chain === undefined) return { image: await image({ ...lookup, name }, asking, signal), chain: undefined }
  const question = { reference: parseReference(name), platform: lookup.platform ?? hostPlatform(executor), predicateTypes: lookup.chain.predicateTypes }
  const chain = await runStep(asker.progress, `resolve attestations of ${name}`, () => fetchAttestationChain(registries.registryFor(asker.sessionId), question, signal))
  return { chain, image: await image({ ...lookup, name: formatReference({ ...question.reference, digest: chain.root }) }, asking, signal) }
}

async function commitOf(source: GitSource, { title, wantsObjects }: Pick<MetaLookup, 'title' | 'wantsObjects'>, { deps, asker }: Asking, signal: AbortSignal): Promise<GitMeta> {
  const { remote } = source
  return await runStep(asker.progress, title === '' ? `resolve git reference of ${redactUrls(remote)}` : title, async (step) => {
    const context = contextOf(source, step, asker)
    const { commit, object, refName } = await deps.git.find(source, context, signal)
    return { commit, object, ref: refName === '' ? commit : refName, objects: wantsObjects ? await deps.git.readObjects(source, context, signal) : undefined }
  })
}

async function fileOf(source: HttpSource, { title, checksum }: Pick<MetaLookup, 'title' | 'checksum'>, { deps, asker }: Asking, signal: AbortSignal): Promise<HttpMeta> {
  const { digest, filename, lastModified, snapshot } = await runStep(asker.progress, title === '' ? `resolve ${redactUrls(source.url)}` : title, (step) => deps.http.fetch(source, contextOf(source, step, asker), signal))
  if (source.checksum !== undefined && source.checksum !== digest) throw new ChecksumMismatchError(source.url, { expected: source.checksum, actual: digest })
  return { digest, filename, lastModified, checksum: checksum === undefined ? undefined : await hashFile(deps.snapshots, { snapshot, filename, ...checksum }, signal) }
}

interface HashedFile extends NonNullable<MetaLookup['checksum']> {
  /** Holds the file alone. */
  readonly snapshot: SnapshotId
  readonly filename: string
}

/** `sha512:…`, of the file with the suffix behind it. */
async function hashFile(snapshots: SnapshotStore, { snapshot, filename, algorithm, suffix }: HashedFile, signal: AbortSignal): Promise<string> {
  await using view = await snapshots.openView(snapshot, signal)
  const hash = createHash(algorithm)
  for await (const chunk of createReadStream(join(view.path, filename), { signal })) hash.update(chunk as Uint8Array)
  return `${algorithm}:${hash.update(suffix).digest('hex')}`
}

/** As if it were a step of a graph. */
function contextOf(source: GitSource | HttpSource, { vertex, sink }: Step, { sessionId }: Asker): OpContext {
  return { vertex: { digest: vertex, op: { kind: 'source', source }, inputs: [], platform: undefined, note: { name: source.kind, ignoreCache: false, span: undefined } }, progress: sink, sessionId }
}

function titleOf(title: string, name: string): string {
  return title === '' ? `resolve image config for ${name}` : title
}
