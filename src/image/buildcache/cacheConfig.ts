import type { Json } from '../../ground/canonicalJson.ts'
import { parseDigest, type Digest } from '../../ground/digest.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import { objectList, optionalNumber, optionalObject, optionalString, parseJsonObject, requiredNumber, requiredString, stringMap, toObject, type JsonObject } from '../../ground/jsonValue.ts'
import { parseImagePart } from '../imageError.ts'
import { formatGoJson, sortedMap } from '../internal/goJson.ts'

/**
 * What one machine tells others of its build cache, in BuildKit's format `application/vnd.buildkit.cacheconfig.v0`: keys
 * with what leads to them, and for results the layers that they are made of.
 */
export interface CacheConfig {
  readonly layers: readonly CacheLayer[]
  readonly records: readonly CacheRecord[]
}

export interface CacheLayer {
  readonly blob: Digest
  /** The layer under it, by its place in the list. */
  readonly parent: number | undefined
  /** Only where no manifest describes the blobs. */
  readonly facts: LayerFacts | undefined
}

export interface LayerFacts {
  readonly mediaType: string
  readonly diffId: Digest | undefined
  readonly sizeBytes: number
  readonly annotations: ReadonlyMap<string, string>
}

export interface CacheRecord {
  readonly digest: Digest
  /** For each input the records that it may be: their places in the list. */
  readonly inputs: readonly (readonly CacheInput[])[]
  readonly results: readonly CacheResult[]
}

export interface CacheInput {
  readonly selector: string
  readonly link: number
}

export type CacheResult =
  /** A layer with all that are under it. */
  | { readonly kind: 'layer'; readonly layer: number; readonly createdAt: string | undefined }
  /** Exactly these, lowest first. */
  | { readonly kind: 'layers'; readonly layers: readonly number[]; readonly createdAt: string | undefined }

export const CACHE_CONFIG_TYPE = 'application/vnd.buildkit.cacheconfig.v0'
/** A build of a thousand steps has less than 1 MiB. */
export const MAX_CACHE_CONFIG_BYTES = 16 << 20
/** So many layers an overlay can stack, and some more: a foreign cache is not to be taken at its word. */
const MAX_CHAIN = 500

/** @throws ImageInvalidError */
export function parseCacheConfig(bytes: Uint8Array): CacheConfig {
  return parseImagePart('build cache', () => {
    if (bytes.byteLength > MAX_CACHE_CONFIG_BYTES) throw new InvalidValueError(`it has ${bytes.byteLength} bytes, more than ${MAX_CACHE_CONFIG_BYTES}`)
    const object = parseJsonObject(Buffer.from(bytes).toString(), 'cache config')
    return { layers: objectList(object, 'layers').map(toLayer), records: objectList(object, 'records').map(toRecord) }
  })
}

/** The records alone, as an image's config has them. @throws ImageInvalidError */
export function parseCacheRecords(text: string): readonly CacheRecord[] {
  return parseImagePart('inline build cache', () => objectList(parseJsonObject(`{"records":${text}}`, 'cache'), 'records').map(toRecord))
}

/** Equal values give equal bytes. */
export function formatCacheConfig({ layers, records }: CacheConfig): Uint8Array {
  return formatGoJson({ layers: layers.map(layerJson), records: records.map(recordJson) }, 'compact')
}

export function formatCacheRecords(records: readonly CacheRecord[]): Uint8Array {
  return formatGoJson(records.map(recordJson), 'compact')
}

/** Places of the layers of a result, lowest first; undefined where they are not all there, or go in a circle. */
export function layersOf({ layers }: Pick<CacheConfig, 'layers'>, result: CacheResult): readonly number[] | undefined {
  if (result.kind === 'layers') return result.layers.every((place) => layers[place] !== undefined) ? result.layers : undefined
  const chain: number[] = []
  for (let place: number | undefined = result.layer; place !== undefined; place = layers[place]?.parent) {
    if (layers[place] === undefined || chain.length > MAX_CHAIN) return undefined
    chain.unshift(place)
  }
  return chain
}

function toLayer(object: JsonObject): CacheLayer {
  const parent = optionalNumber(object, 'parent') ?? 0 // Go leaves a zero out, and has -1 for none
  const facts = optionalObject(object, 'annotations')
  return { blob: parseDigest(requiredString(object, 'blob')), parent: parent < 0 ? undefined : parent, facts: facts === undefined ? undefined : toFacts(facts) }
}

function toFacts(object: JsonObject): LayerFacts {
  const diffId = optionalString(object, 'diffID') ?? ''
  return {
    mediaType: optionalString(object, 'mediaType') ?? '',
    diffId: diffId === '' ? undefined : parseDigest(diffId),
    sizeBytes: optionalNumber(object, 'size') ?? 0,
    annotations: stringMap(object, 'additional'),
  }
}

function toRecord(object: JsonObject): CacheRecord {
  const inputs = object.fields.get('inputs') ?? []
  if (!Array.isArray(inputs)) throw new InvalidValueError(`${object.path}.inputs is not a list`)
  return {
    digest: parseDigest(requiredString(object, 'digest')),
    inputs: inputs.map((ways: unknown, index) => objectList(toObject({ ways }, `${object.path}.inputs[${index}]`), 'ways').map(toInput)),
    results: [...objectList(object, 'layers').map(toLayerResult), ...objectList(object, 'chains').map(toChainResult)].sort(byNewest),
  }
}

function toInput(object: JsonObject): CacheInput {
  return { selector: optionalString(object, 'selector') ?? '', link: requiredNumber(object, 'link') }
}

function toLayerResult(object: JsonObject): CacheResult {
  return { kind: 'layer', layer: requiredNumber(object, 'layer'), createdAt: optionalString(object, 'createdAt') }
}

function toChainResult(object: JsonObject): CacheResult {
  const layers = object.fields.get('layers')
  if (!Array.isArray(layers) || layers.length > MAX_CHAIN) throw new InvalidValueError(`${object.path}.layers is not a list of layers`)
  return { kind: 'layers', layers: layers.map(Number), createdAt: optionalString(object, 'createdAt') }
}

function byNewest(a: CacheResult, b: CacheResult): number {
  return Date.parse(b.createdAt ?? '') - Date.parse(a.createdAt ?? '') || 0
}

function layerJson({ blob, parent, facts }: CacheLayer): Json {
  return { blob, parent: parent ?? -1, annotations: facts === undefined ? undefined : factsJson(facts) }
}

function factsJson({ mediaType, diffId, sizeBytes, annotations }: LayerFacts): Json {
  return { mediaType, diffID: diffId, size: sizeBytes, additional: sortedMap(annotations) }
}

function recordJson({ digest, inputs, results }: CacheRecord): Json {
  const layers = results.flatMap((result) => (result.kind === 'layer' ? [{ layer: result.layer, createdAt: result.createdAt }] : []))
  const chains = results.flatMap((result) => (result.kind === 'layers' ? [{ layers: result.layers, createdAt: result.createdAt }] : []))
  return {
    layers: layers.length === 0 ? undefined : layers,
    chains: chains.length === 0 ? undefined : chains,
    digest,
    inputs: inputs.length === 0 ? undefined : inputs.map((ways) => ways.map(({ selector, link }) => ({ selector: selector === '' ? undefined : selector, link }))),
  }
}
