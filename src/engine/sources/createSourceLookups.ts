import { compileSourcePolicy } from '../../api/policy/sourcePolicy.ts'
import type { Executor } from '../../executor/executor.ts'
import type { SessionRegistries } from '../../ops/layerPresence.ts'
import { hostPlatform } from '../build/build.ts'
import type { ClientSessions } from '../clientSessions.ts'
import type { NamedContent } from '../images/imageFiles.ts'
import { LAYOUT_SCHEME } from '../images/layoutImages.ts'
import { policedImage } from '../policy/policedSources.ts'
import { runStep } from '../stepProgress.ts'
import { lookUpImage, lookUpLayoutImage, type LookedUpImage } from './imageLookup.ts'
import type { Asker, ImageLookup, LayoutLookup, SourceLookups } from './sourceLookups.ts'

export interface LookupDeps extends NamedContent {
  readonly executor: Executor
  readonly registries: SessionRegistries
  readonly sessions: ClientSessions
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

function titleOf(title: string, name: string): string {
  return title === '' ? `resolve image config for ${name}` : title
}
