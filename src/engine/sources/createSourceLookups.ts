import type { Executor } from '../../executor/executor.ts'
import type { SessionRegistries } from '../../ops/layerPresence.ts'
import { hostPlatform } from '../build/build.ts'
import type { ClientSessions } from '../clientSessions.ts'
import type { NamedContent } from '../images/imageFiles.ts'
import { runStep } from '../stepProgress.ts'
import { lookUpImage, lookUpLayoutImage } from './imageLookup.ts'
import type { ImageLookup, SourceLookups } from './sourceLookups.ts'

export interface LookupDeps extends NamedContent {
  readonly executor: Executor
  readonly registries: SessionRegistries
  readonly sessions: ClientSessions
}

export function createSourceLookups({ content, images, executor, registries, sessions }: LookupDeps): SourceLookups {
  const titleOf = ({ title, name }: Pick<ImageLookup, 'title' | 'name'>): string => (title === '' ? `resolve image config for ${name}` : title)
  return {
    image: ({ name, platform = hostPlatform(executor), mode, ...shown }, { sessionId, progress }, signal) => {
      const sources = { content, images, registry: registries.registryFor(sessionId) }
      return runStep(progress, titleOf({ name, ...shown }), () => lookUpImage(sources, { name, platform, mode }, signal))
    },
    layout: ({ name, platform = hostPlatform(executor), sessionId, store, ...shown }, asker, signal) => {
      const owner = sessionId === '' ? asker.sessionId : sessionId
      const blobsOf = (named: string): ReturnType<ClientSessions['clientBlobs']> => sessions.clientBlobs(owner, store === '' ? named : store)
      return runStep(asker.progress, titleOf({ name, ...shown }), () => lookUpLayoutImage({ content, blobsOf }, { name, platform }, signal))
    },
  }
}
