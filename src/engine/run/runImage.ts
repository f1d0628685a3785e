import { randomBytes } from 'node:crypto'
import type { Executor } from '../../executor/executor.ts'
import { formatFamiliar } from '../../ground/reference.ts'
import { registerLayers } from '../../ops/imageSource.ts'
import type { SessionRegistries } from '../../ops/layerPresence.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'
import { openContainer, type Container, type ContainerDeps } from './container.ts'
import type { RunRequest } from '../engine.ts'
import type { NamedContent } from '../images/imageFiles.ts'
import { findPlatformImage, type PlatformImage } from '../images/imageResolver.ts'
import { runStep } from '../stepProgress.ts'

export interface RunDeps extends Omit<ContainerDeps, 'registerLayers'>, NamedContent {
  readonly registries: SessionRegistries
}

/** As `Engine.openContainer`. That the platform runs here is checked before anything is pulled. */
export async function runImage(deps: RunDeps, request: RunRequest, progress: ProgressSink, signal: AbortSignal): Promise<Container> {
  const { reference, mode, sessionId } = request
  const platform = request.platform ?? ownPlatform(deps.executor)
  deps.executor.runMode(platform)
  const sources = { content: deps.content, images: deps.images, registry: deps.registries.registryFor(sessionId) }
  return runStep(progress, `load ${formatFamiliar(reference)}`, async (step) => {
    const image = await findPlatformImage(sources, { reference, platform, mode }, signal)
    const containerDeps: ContainerDeps = { ...deps, registerLayers: ({ manifestBody, config, reference: found }: PlatformImage) => registerLayers(deps.snapshots, { manifest: manifestBody, config }, found) }
    return openContainer(containerDeps, image, { ...request, hostname: request.hostname === '' ? randomBytes(6).toString('hex') : request.hostname, platform, sessionId, step }, signal)
  })
}

function ownPlatform(executor: Executor): ReturnType<Executor['platforms']>[number]['platform'] {
  const [own] = executor.platforms()
  if (own === undefined) throw new TypeError('an executor runs at least its own platform')
  return own.platform
}
