import type { ContentStore } from '../../content/contentStore.ts'
import type { ContentLeases } from '../../content/lease.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'
import type { Digest } from '../../ground/digest.ts'
import { BuildError } from '../../ground/errors.ts'
import { formatFamiliar, formatReference, type Reference } from '../../ground/reference.ts'
import { writeTar } from '../../archive/tarWriter.ts'
import { readImageArchive } from '../../image/imageArchive.ts'
import { layoutEntries, layoutIndex, type LayoutBlob, type NamedImage } from '../../image/ociLayout.ts'
import type { Limit } from '../../kit/limit.ts'
import type { SessionRegistries } from '../../ops/layerPresence.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'
import { createPuller } from '../../registry/pull.ts'
import { pushImage } from '../../registry/push.ts'
import type { OnTransfer } from '../../registry/transfer.ts'
import type { PullRequest, PushRequest } from '../engine.ts'
import { LocalImageMissingError } from './imageResolver.ts'
import type { ImageStore } from './imageStore.ts'
import { reachableBlobs } from './reachableBlobs.ts'
import { reportPauses } from '../registryPauses.ts'
import { runStep, type Step } from '../stepProgress.ts'

export interface TransferDeps {
  readonly content: ContentStore
  readonly leases: ContentLeases
  readonly images: ImageStore
  readonly registries: SessionRegistries
  readonly transfers: Limit
}

/** As `Engine.pull`. */
export async function pullToStore({ content, images, registries, transfers }: TransferDeps, { reference, platforms, sessionId }: PullRequest, progress: ProgressSink, signal: AbortSignal): Promise<Descriptor> {
  const registry = registries.registryFor(sessionId)
  const puller = createPuller({ registry, store: content, limit: transfers })
  const { root } = await runStep(progress, `pull ${formatFamiliar(reference)}`, async (step) => {
    using _pauses = reportPauses(registry, step)
    return await puller.pullImage(reference, { platforms: platforms.length === 0 ? 'all' : platforms, withLayers: true, onProgress: reportTo(step) }, signal)
  })
  images.put(reference, root)
  return root
}

/** As `Engine.push`. @throws LocalImageMissingError; ImageIncompleteError */
export async function pushFromStore(deps: TransferDeps, { reference, sessionId }: PushRequest, progress: ProgressSink, signal: AbortSignal): Promise<Descriptor> {
  const { root } = findImage(deps.images, reference)
  const missing = (await reachableBlobs(deps.content, root, signal)).missing
  if (missing.length > 0) throw new ImageIncompleteError(reference, missing.length)
  const ends = { registry: deps.registries.registryFor(sessionId), store: deps.content }
  const pushed = await runStep(progress, `push ${formatFamiliar(reference)}`, async (step) => {
    using _pauses = reportPauses(ends.registry, step)
    return await pushImage(ends, root, { reference, otherTags: [], limit: deps.transfers, mountFrom: () => undefined, openMissing: () => undefined, onProgress: reportTo(step) }, signal)
  })
  for (const message of pushed.warnings) progress({ kind: 'warning', vertex: undefined, at: Date.now(), message, detail: [], url: undefined, span: undefined })
  return pushed.root
}

/** As `Engine.load`. */
export async function loadArchive({ content, images }: TransferDeps, tar: AsyncIterable<Uint8Array>, name: Reference | undefined, signal: AbortSignal): Promise<readonly Reference[]> {
  const loaded = await readImageArchive(tar, content, signal)
  const named = loaded.flatMap(({ root, names }) => (names.length > 0 || name === undefined ? names : [name]).map((reference) => ({ root, reference })))
  if (named.length === 0) throw new UnnamedArchiveError()
  for (const { root, reference } of named) images.put(reference, root)
  return named.map(({ reference }) => reference)
}

/** As `Engine.save`. What was never pulled of an image is left out of the archive's blobs. */
export async function* saveArchive({ content, images, leases }: TransferDeps, references: readonly Reference[], signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const named: readonly NamedImage[] = references.map((reference) => ({ root: findImage(images, reference).root, names: [reference] }))
  const blobs = new Map<Digest, LayoutBlob>()
  for (const { root } of named) {
    for (const descriptor of (await reachableBlobs(content, root, signal)).present) blobs.set(descriptor.digest, { descriptor, open: () => content.read(descriptor.digest, 0, signal) })
  }
  await using lease = await leases.open(signal)
  await lease.protect(blobs.keys(), signal)
  yield* writeTar(layoutEntries({ index: layoutIndex(named), blobs: [...blobs.values()], files: new Map() }))
}

function findImage(images: ImageStore, reference: Reference): { readonly root: Descriptor } {
  const image = images.get(reference)
  if (image === undefined) throw new LocalImageMissingError(reference)
  return image
}

function reportTo(step: Step): OnTransfer {
  return ({ id, action, currentBytes, totalBytes, state }) => step.report({ id, action, currentBytes, totalBytes, isDone: state === 'done' })
}

/** Only some platforms of the image were pulled, so it cannot be pushed as the index it is. */
export class ImageIncompleteError extends BuildError {
  readonly kind = 'not-found'
  constructor(reference: Reference, missing: number) {
    super(`image ${JSON.stringify(formatFamiliar(reference))} is not wholly in the local store: ${missing} of its blobs are missing`, { hint: `pull all its platforms first: pelago pull ${formatReference(reference)}` })
  }
}

export class UnnamedArchiveError extends BuildError {
  readonly kind = 'usage'
  constructor() {
    super('the archive does not say what its images are called', { hint: 'give a name: --tag NAME' })
  }
}
