import { mkdir, rm } from 'node:fs/promises'
import { decompress } from '../../archive/compression.ts'
import type { BlobReader } from '../../content/contentStore.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'
import type { Manifest } from '../../ground/oci/manifest.ts'
import { formatPlatform } from '../../ground/platform.ts'
import { MAX_CONFIG_BYTES, parseImageConfig } from '../imageConfigJson.ts'
import { layerSteps } from '../layerSteps.ts'
import { readSmallBlob, viewImages, type ImageView } from '../imageView.ts'
import { locateDifferences, type ContentDifference } from './contentDifference.ts'
import { compareJson, type FieldDifference } from './jsonDifference.ts'
import { compareLayers, type FileDifference } from './layerDifference.ts'

/** One image, wherever its blobs are. */
export interface ComparedImage {
  readonly store: BlobReader
  readonly root: Descriptor
}

export interface PlatformDifference {
  readonly platform: string
  /** Whether only one of the images has it. */
  readonly missingIn: 'first' | 'second' | undefined
  /** Of the config, but for the layers' digests. */
  readonly config: readonly FieldDifference[]
  /** Of the manifest, but for config and layers. */
  readonly manifest: readonly FieldDifference[]
  readonly layers: readonly LayerDifference[]
}

export interface LayerDifference {
  /** From 0, the lowest. */
  readonly index: number
  /** The line of the history that made it. */
  readonly step: string
  /** All that differ. */
  readonly fileCount: number
  /** The first of them. */
  readonly files: readonly LocatedDifference[]
}

export interface LocatedDifference {
  readonly difference: FileDifference
  /** Where content differs. */
  readonly content: ContentDifference | undefined
}

/** Of a layer in which everything differs, more would say no more. */
const MAX_FILES = 100
/** Files whose contents are laid side by side: each is copied. */
const MAX_LOCATED = 20

/** What differs between two images, platform by platform, in the order of the first; none where they are the same bytes but for compression. */
export async function compareImages(first: ComparedImage, second: ComparedImage, scratch: string, signal: AbortSignal): Promise<readonly PlatformDifference[]> {
  const [firstViews, secondViews] = [await viewsOf(first, signal), await viewsOf(second, signal)]
  const found: PlatformDifference[] = []
  for (const platform of new Set([...firstViews.keys(), ...secondViews.keys()])) {
    const [a, b] = [firstViews.get(platform), secondViews.get(platform)]
    if (a === undefined || b === undefined) found.push({ platform, missingIn: a === undefined ? 'first' : 'second', config: [], manifest: [], layers: [] })
    else found.push(...(await comparePlatform(platform, [{ ...first, view: a }, { ...second, view: b }], scratch, signal)))
  }
  return found
}

interface Side extends ComparedImage {
  readonly view: ImageView
}

async function viewsOf({ store, root }: ComparedImage, signal: AbortSignal): Promise<ReadonlyMap<string, ImageView>> {
  const views = new Map<string, ImageView>()
  for (const view of await viewImages(store, root, signal)) views.set(formatPlatform(view.descriptor.platform ?? (await view.config(signal)).platform), view)
  return views
}

async function comparePlatform(platform: string, sides: readonly [Side, Side], scratch: string, signal: AbortSignal): Promise<readonly PlatformDifference[]> {
  if (sides[0].view.descriptor.digest === sides[1].view.descriptor.digest) return []
  const [a, b] = [await readParts(sides[0], signal), await readParts(sides[1], signal)]
  const layers: LayerDifference[] = []
  for (let index = 0; index < Math.max(a.diffIds.length, b.diffIds.length); index += 1) {
    if (a.diffIds[index] === b.diffIds[index]) continue
    const step = a.steps[index] ?? b.steps[index] ?? ''
    layers.push({ index, step, ...(await compareFiles([layerOf(a, index, signal), layerOf(b, index, signal)], scratch, signal)) })
  }
  const found = { platform, missingIn: undefined, config: compareJson(a.config, b.config), manifest: compareJson(manifestFacts(a.manifest), manifestFacts(b.manifest)), layers }
  return found.config.length + found.manifest.length + layers.length === 0 ? [] : [found]
}

interface Parts {
  readonly store: BlobReader
  readonly manifest: Manifest
  /** Without the layers' digests. */
  readonly config: unknown
  readonly diffIds: readonly string[]
  /** What made each layer. */
  readonly steps: readonly string[]
}

async function readParts({ store, view }: Side, signal: AbortSignal): Promise<Parts> {
  const manifest = await view.manifest(signal)
  const bytes = await readSmallBlob(store, manifest.config, MAX_CONFIG_BYTES, signal)
  const parsed = parseImageConfig(bytes)
  const config: unknown = JSON.parse(Buffer.from(bytes).toString())
  if (typeof config === 'object' && config !== null) Reflect.deleteProperty(config, 'rootfs')
  return { store, manifest, config, diffIds: parsed.diffIds, steps: layerSteps(parsed) }
}

function manifestFacts({ mediaType, artifactType, annotations, layers }: Manifest): unknown {
  return { mediaType, artifactType, annotations: Object.fromEntries(annotations), layers: layers.map(({ mediaType: layer }) => layer) }
}

type OpenLayer = () => AsyncIterable<Uint8Array>

/** A layer that one image has not is empty. */
function layerOf({ store, manifest }: Parts, index: number, signal: AbortSignal): OpenLayer {
  const layer = manifest.layers[index]
  return layer === undefined ? () => nothing() : () => decompress(store.read(layer.digest, 0, signal), signal)
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(1024) // the end mark of an archive
}

async function compareFiles(layers: readonly [OpenLayer, OpenLayer], scratch: string, signal: AbortSignal): Promise<Pick<LayerDifference, 'fileCount' | 'files'>> {
  const kept: FileDifference[] = []
  let fileCount = 0
  for await (const difference of compareLayers(layers[0](), layers[1](), signal)) {
    fileCount += 1
    if (kept.length < MAX_FILES) kept.push(difference)
  }
  const changed = kept.filter((difference) => difference.kind === 'changed' && difference.aspects.includes('content')).slice(0, MAX_LOCATED)
  const located = changed.length === 0 ? new Map<string, ContentDifference>() : await locateIn(new Set(changed.map(({ path }) => path)), { layers, scratch }, signal)
  return { fileCount, files: kept.map((difference) => ({ difference, content: located.get(difference.path) })) }
}

async function locateIn(paths: ReadonlySet<string>, place: Parameters<typeof locateDifferences>[1], signal: AbortSignal): Promise<ReadonlyMap<string, ContentDifference>> {
  await mkdir(place.scratch, { recursive: true })
  try {
    return await locateDifferences(paths, place, signal)
  } finally {
    await rm(place.scratch, { recursive: true, force: true })
  }
}
