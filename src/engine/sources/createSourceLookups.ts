import { create } from '@bufbuild/protobuf'
import { SourceOpSchema } from '../../api/gen/ops_pb.ts'
import { mapSource } from '../../api/llb/mapSource.ts'
import { compileSourcePolicy } from '../../api/policy/sourcePolicy.ts'
import type { Executor } from '../../executor/executor.ts'
import type { GitSource, HttpSource } from '../../graph/vertex.ts'
import { redactUrls } from '../../ground/urlText.ts'
import type { GitSources } from '../../ops/remote/git/gitSource.ts'
import type { HttpFiles } from '../../ops/remote/httpFiles.ts'
import { ChecksumMismatchError } from '../../ops/remote/remoteError.ts'
import type { OpContext } from '../../solver/op.ts'
import type { SessionRegistries } from '../../ops/layerPresence.ts'
import { hostPlatform } from '../build/build.ts'
import type { ClientSessions } from '../clientSessions.ts'
import type { NamedContent } from '../images/imageFiles.ts'
import { LAYOUT_SCHEME } from '../images/layoutImages.ts'
import { policedImage } from '../policy/policedSources.ts'
import { runStep, type Step } from '../stepProgress.ts'
import { lookUpImage, lookUpLayoutImage, type LookedUpImage } from './imageLookup.ts'
import type { GitMeta, HttpMeta } from './sourceMeta.ts'
import type { Asker, ImageLookup, LayoutLookup, SourceLookups } from './sourceLookups.ts'

export interface LookupDeps extends NamedContent {
  readonly executor: Executor
  readonly registries: SessionRegistries
  readonly sessions: ClientSessions
  readonly git: Pick<GitSources, 'find'>
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
          return { kind: 'image', written, image: await image({ ...common, name: found.reference }, { deps, asker }, signal) }
        case 'layout':
          return { kind: 'image', written, image: await layout({ ...common, name: found.reference, sessionId: found.sessionId, store: '' }, { deps, asker }, signal) }
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

async function commitOf(source: GitSource, { title }: Pick<ImageLookup, 'title'>, { deps, asker }: Asking, signal: AbortSignal): Promise<GitMeta> {
  const { remote } = source
  const { commit, object, refName } = await runStep(asker.progress, title === '' ? `resolve git reference of ${redactUrls(remote)}` : title, (step) => deps.git.find(source, contextOf(source, step, asker), signal))
  return { commit, object, ref: refName === '' ? commit : refName }
}

async function fileOf(source: HttpSource, { title }: Pick<ImageLookup, 'title'>, { deps, asker }: Asking, signal: AbortSignal): Promise<HttpMeta> {
  const { digest, filename, lastModified } = await runStep(asker.progress, title === '' ? `resolve ${redactUrls(source.url)}` : title, (step) => deps.http.fetch(source, contextOf(source, step, asker), signal))
  if (source.checksum !== undefined && source.checksum !== digest) throw new ChecksumMismatchError(source.url, { expected: source.checksum, actual: digest })
  return { digest, filename, lastModified }
}

/** As if it were a step of a graph. */
function contextOf(source: GitSource | HttpSource, { vertex, sink }: Step, { sessionId }: Asker): OpContext {
  return { vertex: { digest: vertex, op: { kind: 'source', source }, inputs: [], platform: undefined, note: { name: source.kind, ignoreCache: false, span: undefined } }, progress: sink, sessionId }
}

function titleOf(title: string, name: string): string {
  return title === '' ? `resolve image config for ${name}` : title
}
