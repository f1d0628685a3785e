import { UnsupportedByPeerError } from '../../api/errorMapping.ts'
import type { RunnablePlatform } from '../../api/gen/local_pb.ts'
import { createEngineBlobs } from '../../driver/engineBlobs.ts'
import type { EngineClient } from '../../driver/driver.ts'
import { LocalImageMissingError } from '../../engine/images/imageResolver.ts'
import { choosePlatform, formatPlatform, isSamePlatform, parsePlatform, platformsServing, type Platform } from '../../ground/platform.ts'
import { formatFamiliar, type Reference } from '../../ground/reference.ts'
import { viewImages } from '../../image/imageView.ts'
import type { BlobReader } from '../../content/contentStore.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'
import { createRegistryBlobs } from '../../registry/registryBlobs.ts'
import { RegistryError } from '../../registry/registryError.ts'
import type { CommandContext } from '../command.ts'
import { findLocalImage } from '../images/findLocalImage.ts'
import { openRegistry } from '../registry/registryAccess.ts'
import type { TestPlatform } from './testRun.ts'

/** A platform that was asked for: to be tested on, or why it cannot be. */
export type PlannedTest = { readonly kind: 'test'; readonly on: TestPlatform } | { readonly kind: 'missing'; readonly platform: string; readonly why: string }

/** `wanted` in its order, or where none is, all that the image has. Pure. */
export function planTests(wanted: readonly Platform[], ofImage: readonly Platform[], runnable: readonly Pick<RunnablePlatform, 'platform' | 'emulator'>[]): readonly PlannedTest[] {
  return (wanted.length === 0 ? ofImage : wanted).map((platform) => {
    const name = formatPlatform(platform)
    const served = choosePlatform(ofImage.map((candidate) => ({ platform: candidate })), platform)?.platform
    if (served === undefined) return { kind: 'missing', platform: name, why: `the image has no ${name}, but ${ofImage.map(formatPlatform).join(', ')}` }
    const runner = findRunner(served, runnable)
    if (runner === undefined) return { kind: 'missing', platform: name, why: platform.os === 'linux' ? `nothing here runs ${name}: see pelago doctor` : `only Linux runs here` }
    return { kind: 'test', on: { platform: name, servedBy: isSamePlatform(served, platform) ? '' : formatPlatform(served), emulator: runner.emulator } }
  })
}

/** What runs programs of `platform` here: the same one, else one whose CPU runs it too. */
function findRunner<T extends { readonly platform: string }>(platform: Platform, runnable: readonly T[]): T | undefined {
  const name = formatPlatform(platform)
  const serving = runnable.filter((candidate) => platformsServing(parsePlatform(candidate.platform)).some((served) => isSamePlatform(served, platform)))
  return serving.find((candidate) => candidate.platform === name) ?? serving.find((candidate) => parsePlatform(candidate.platform).architecture === platform.architecture) ?? serving[0]
}

export interface ImageQuestion {
  readonly reference: Reference
  readonly wanted: readonly Platform[]
  /** As for `run`. */
  readonly pull: string
}

/** The platforms of an image as `run` would find it: of the local store, and of the registry where that has not all that is wanted. @throws RegistryError; LocalImageMissingError */
export async function readImagePlatforms(engine: EngineClient, { reference, wanted, pull }: ImageQuestion, context: CommandContext, signal: AbortSignal): Promise<readonly Platform[]> {
  const local = pull === 'always' ? undefined : await readLocal(engine, reference, signal)
  if (pull === 'never') {
    if (local === undefined) throw new LocalImageMissingError(reference)
    return local
  }
  const isEnough = local !== undefined && wanted.every((platform) => choosePlatform(local.map((candidate) => ({ platform: candidate })), platform) !== undefined)
  if (isEnough) return local
  try {
    return unite(local ?? [], await readRemote(reference, context, signal))
  } catch (error) {
    if (local !== undefined && error instanceof RegistryError) return local // as run: what is here is what there is
    throw error
  }
}

async function readLocal(engine: EngineClient, reference: Reference, signal: AbortSignal): Promise<readonly Platform[] | undefined> {
  const root = await findLocalImage(engine, reference, signal)
  return root === undefined ? undefined : await platformsIn(createEngineBlobs(engine), root, signal)
}

async function readRemote(reference: Reference, context: CommandContext, signal: AbortSignal): Promise<readonly Platform[]> {
  await using registry = await openRegistry(context)
  const root = await registry.resolve(reference, signal)
  return await platformsIn(createRegistryBlobs(registry, reference, root), root, signal)
}

async function platformsIn(store: BlobReader, root: Descriptor, signal: AbortSignal): Promise<readonly Platform[]> {
  const platforms: Platform[] = []
  for (const view of await viewImages(store, root, signal)) platforms.push(view.descriptor.platform ?? (await view.config(signal)).platform)
  return unite([], platforms)
}

function unite(first: readonly Platform[], second: readonly Platform[]): readonly Platform[] {
  return [...new Map([...first, ...second].map((platform) => [formatPlatform(platform), platform])).values()]
}

/** @throws UnsupportedByPeerError where the builder runs no containers */
export async function readRunnable({ local }: EngineClient, reference: Reference, signal: AbortSignal): Promise<readonly RunnablePlatform[]> {
  try {
    return (await local.describe({}, { signal })).platforms
  } catch (error) {
    if (error instanceof UnsupportedByPeerError) throw new UnsupportedByPeerError(`this builder cannot run ${formatFamiliar(reference)}: it is no Pelago`, { hint: 'leave out --builder', cause: error })
    throw error
  }
}
