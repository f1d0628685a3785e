import { mkdir, rm } from 'node:fs/promises'
import { decompress } from '../../archive/compression.ts'
import type { BlobReader } from '../../content/contentStore.ts'
import type { Manifest } from '../../ground/oci/manifest.ts'
import { MAX_CONFIG_BYTES, parseImageConfig } from '../imageConfigJson.ts'
import { layerSteps } from '../layerSteps.ts'
import { readSmallBlob, type ImageView } from '../imageView.ts'
import { locateDifferences, type ContentDifference } from './contentDifference.ts'
import { compareJson, type FieldDifference } from './jsonDifference.ts'
import { compareLayers, type FileDifference } from './layerDifference.ts'
import { pairLayers, type LayerIdentity, type LayerPair } from './pairLayers.ts'

/** One image by its platforms, and where it is read from. */
export interface ComparedImage {
  readonly store: Pick<BlobReader, 'read'>
  readonly views: ReadonlyMap<string, ImageView>
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
  /** How many layers each has. */
  readonly layerCounts: readonly [first: number, second: number]
  /** How many of them are the same. */
  readonly equalLayers: number
}

export interface LayerDifference {
  /** From 0, the lowest: of the first image, or of the second where that alone has it. */
  readonly index: number
  /** Whether only one of the images has such a layer. */
  readonly missingIn: 'first' | 'second' | undefined
  /** The line of the history that made it. */
  readonly step: string
  /** All that differ. */
  readonly fileCount: number
  readonly counts: FileCounts
  /** The first of them; those of which only the time differs last. */
  readonly files: readonly LocatedDifference[]
}

/** Of files that differ. */
export interface FileCounts {
  readonly onlyFirst: number
  readonly onlySecond: number
  readonly changed: number
  /** Of these, those of which nothing but the time did. */
  readonly timeAlone: number
}

export interface LocatedDifference {
  readonly difference: FileDifference
  /** Where content differs, if that was asked for. */
  readonly content: ContentDifference | undefined
}

/** Of a layer in which everything differs, more would say no more. */
const MAX_FILES = 100
/** Files whose contents are laid side by side: each is copied. */
const MAX_LOCATED = 20

/**
 * What differs between two images, platform by platform, in the order of the first; none where they are the same bytes
 * but for compression. `scratch` is a folder for files in which the bytes that differ are looked for, which reads their
 * layers twice; undefined looks for none.
 */
export async function compareImages(first: ComparedImage, second: ComparedImage, scratch: string | undefined, signal: AbortSignal): Promise<readonly PlatformDifference[]> {
  const found: PlatformDifference[] = []
  for (const platform of new Set([...first.views.keys(), ...second.views.keys()])) {
    const [a, b] = [first.views.get(platform), second.views.get(platform)]
    if (a === undefined || b === undefined) found.push({ platform, missingIn: a === undefined ? 'first' : 'second', config: [], manifest: [], layers: [], layerCounts: [0, 0], equalLayers: 0 })
    else found.push(...(await comparePlatform(platform, [{ ...first, view: a }, { ...second, view: b }], scratch, signal)))
  }
  return found
}

interface Side extends ComparedImage {
  readonly view: ImageView
}

async function comparePlatform(platform: string, sides: readonly [Side, Side], scratch: string | undefined, signal: AbortSignal): Promise<readonly PlatformDifference[]> {
  if (sides[0].view.descriptor.digest === sides[1].view.descriptor.digest) return []
  const [a, b] = [await readParts(sides[0], signal), await readParts(sides[1], signal)]
  const layers: LayerDifference[] = []
  const pairs = pairLayers(a.layers, b.layers)
  const isEqual = ({ first, second }: LayerPair): boolean => first !== undefined && second !== undefined && a.layers[first]?.diffId === b.layers[second]?.diffId
  for (const pair of pairs.filter((one) => !isEqual(one))) layers.push(await compareLayer(pair, [a, b], scratch, signal))
  const found: PlatformDifference = {
    platform,
    missingIn: undefined,
    config: compareJson(a.config, b.config),
    manifest: compareJson(manifestFacts(a.manifest), manifestFacts(b.manifest)),
    layers,
    layerCounts: [a.layers.length, b.layers.length],
    equalLayers: pairs.filter(isEqual).length,
  }
  return found.config.length + found.manifest.length + layers.length === 0 ? [] : [found]
}

async function compareLayer({ first, second }: LayerPair, [a, b]: readonly [Parts, Parts], scratch: string | undefined, signal: AbortSignal): Promise<LayerDifference> {
  const step = (first === undefined ? undefined : a.layers[first]?.step) ?? (second === undefined ? undefined : b.layers[second]?.step) ?? ''
  const files = await compareFiles([layerOf(a, first, signal), layerOf(b, second, signal)], scratch, signal)
  return { index: first ?? second ?? 0, missingIn: first === undefined ? 'first' : second === undefined ? 'second' : undefined, step, ...files }
}

interface Parts {
  readonly store: ComparedImage['store']
  readonly manifest: Manifest
  /** Without the layers' digests. */
  readonly config: unknown
  readonly layers: readonly LayerIdentity[]
}

async function readParts({ store, view }: Side, signal: AbortSignal): Promise<Parts> {
  const manifest = await view.manifest(signal)
  const bytes = await readSmallBlob(store, manifest.config, MAX_CONFIG_BYTES, signal)
  const parsed = parseImageConfig(bytes)
  const config: unknown = JSON.parse(Buffer.from(bytes).toString())
  if (typeof config === 'object' && config !== null) Reflect.deleteProperty(config, 'rootfs')
  const steps = layerSteps(parsed)
  return { store, manifest, config, layers: parsed.diffIds.map((diffId, index) => ({ diffId, step: steps[index] ?? '' })) }
}

function manifestFacts({ mediaType, artifactType, annotations, layers }: Manifest): unknown {
  return { mediaType, artifactType, annotations: Object.fromEntries(annotations), layers: layers.map(({ mediaType: layer }) => layer) }
}

type OpenLayer = () => AsyncIterable<Uint8Array>

/** A layer that one image has not is empty. */
function layerOf({ store, manifest }: Parts, index: number | undefined, signal: AbortSignal): OpenLayer {
  const layer = index === undefined ? undefined : manifest.layers[index]
  return layer === undefined ? () => nothing() : () => decompress(store.read(layer.digest, 0, signal), signal)
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(1024) // the end mark of an archive
}

async function compareFiles(layers: readonly [OpenLayer, OpenLayer], scratch: string | undefined, signal: AbortSignal): Promise<Pick<LayerDifference, 'fileCount' | 'counts' | 'files'>> {
  const kept: FileDifference[] = []
  const keptTimes: FileDifference[] = []
  const counts = { onlyFirst: 0, onlySecond: 0, changed: 0, timeAlone: 0 }
  for await (const difference of compareLayers(layers[0](), layers[1](), signal)) {
    const isTime = isTimeAlone(difference)
    counts[COUNTED_AS[difference.kind]] += 1
    if (isTime) counts.timeAlone += 1
    const list = isTime ? keptTimes : kept
    if (list.length < MAX_FILES) list.push(difference)
  }
  const shown = [...kept, ...keptTimes].slice(0, MAX_FILES)
  const changed = shown.filter((difference) => difference.kind === 'changed' && difference.aspects.includes('content')).slice(0, MAX_LOCATED)
  const located = changed.length === 0 || scratch === undefined ? new Map<string, ContentDifference>() : await locateIn(new Set(changed.map(({ path }) => path)), { layers, scratch }, signal)
  return { fileCount: counts.onlyFirst + counts.onlySecond + counts.changed, counts, files: shown.map((difference) => ({ difference, content: located.get(difference.path) })) }
}

const COUNTED_AS = { 'only-first': 'onlyFirst', 'only-second': 'onlySecond', changed: 'changed' } as const

/** As whatever is built again has it. */
export function isTimeAlone(difference: FileDifference): boolean {
  return difference.kind === 'changed' && difference.aspects.every((aspect) => aspect === 'mtime')
}

async function locateIn(paths: ReadonlySet<string>, place: Parameters<typeof locateDifferences>[1], signal: AbortSignal): Promise<ReadonlyMap<string, ContentDifference>> {
  await mkdir(place.scratch, { recursive: true })
  try {
    return await locateDifferences(paths, place, signal)
  } finally {
    await rm(place.scratch, { recursive: true, force: true })
  }
}
