import { auditPlatform, isJudgedImage, type PlatformAudit } from '../../audit/auditPlatform.ts'
import { auditOnBaseline } from '../../audit/baseline/auditOnBaseline.ts'
import { judgeBaseline, judgementParts } from '../../audit/baseline/judgeBaseline.ts'
import { readPackedJudgement, type PackedJudgement } from '../../audit/baseline/packedJudgement.ts'
import type { PackedTree } from '../../audit/baseline/packedTree.ts'
import { readPackedTree } from '../../audit/baseline/readPackedTree.ts'
import { packTree } from '../../audit/baseline/packTree.ts'
import type { LayerFacts } from '../../audit/facts/layerFacts.ts'
import { applyLayer, buildRoot } from '../../audit/tree/imageTree.ts'
import type { FolderNode } from '../../audit/tree/treeNode.ts'
import { formatCanonicalJson } from '../../ground/canonicalJson.ts'
import { digestOf } from '../../ground/digest.ts'
import type { ImageConfig } from '../../ground/oci/imageConfig.ts'
import type { Platform } from '../../ground/platform.ts'
import type { BaselineStore } from './baselineStore.ts'

/** Layers of a build, audited as one image. */
export interface AuditedChain {
  readonly platform: Platform
  readonly config: ImageConfig
  readonly baseLayers: number | undefined
  /** Lowest first: what is the same for layers of which the same is known. */
  readonly names: readonly string[]
}

/** The facts of a layer by its place in the chain; undefined where they cannot be had. */
export type ReadFacts = (layer: number) => Promise<LayerFacts | undefined>

/**
 * Fewer files are audited as fast as a baseline of them is read. With more of them on top of a baseline, another is made
 * as soon as they are met again.
 */
const MIN_ENTRIES = 2000

/**
 * Audits what a build has made in a time that depends on what it has changed: on the highest baseline that is known of
 * its lower layers, by the facts of those on top alone. A baseline is made of a base image's layers when they are first
 * met, and of layers on top when they are met again.
 */
export async function auditChain(chain: AuditedChain, baselines: BaselineStore, readFacts: ReadFacts): Promise<PlatformAudit> {
  const { platform, names } = chain
  if (!isJudgedImage({ platform, layers: names })) return auditPlatform({ ...chain, layers: [] })
  const found = findTree(chain, baselines)
  const upper = await readLayers(found.count, names.length, readFacts)
  if (!areKnown(upper)) return auditPlatform({ ...chain, layers: [...(await readLayers(0, found.count, readFacts)), ...upper] })
  const count = chooseBaseline(chain, { baselines, found: found.count, upper })
  if (count === 0) return auditPlatform({ ...chain, layers: upper })
  const tree = count === found.count && found.tree !== undefined ? found.tree : makeTree(chain, { baselines, found: found.tree, layers: upper.slice(0, count - found.count) })
  return auditOnBaseline({ tree, judgement: ensureJudgement(tree, chain, baselines) }, upper.slice(count - found.count), chain)
}

/** How many of the lower layers need not be read, since there is a baseline of them. */
export function countSettled(names: readonly string[], baselines: Pick<BaselineStore, 'hasTree'>): number {
  return layerKeys(names).findLastIndex((key) => baselines.hasTree(key)) + 1
}

/** A name for each layer with all under it. */
function layerKeys(names: readonly string[]): readonly string[] {
  let below = ''
  return names.map((name) => (below = digestOf(`${below} ${name}`)))
}

interface FoundTree {
  /** Of layers; 0 is none. */
  readonly count: number
  readonly tree: PackedTree | undefined
}

function findTree({ names }: AuditedChain, baselines: BaselineStore): FoundTree {
  const keys = layerKeys(names)
  for (let count = countSettled(names, baselines); count > 0; count -= 1) {
    const tree = baselines.tree(keys[count - 1] ?? '')
    if (tree !== undefined) return { count, tree }
  }
  return { count: 0, tree: undefined }
}

async function readLayers(from: number, to: number, readFacts: ReadFacts): Promise<readonly (LayerFacts | undefined)[]> {
  const layers: (LayerFacts | undefined)[] = []
  for (let layer = from; layer < to; layer += 1) layers.push(await readFacts(layer))
  return layers
}

function areKnown(layers: readonly (LayerFacts | undefined)[]): layers is readonly LayerFacts[] {
  return !layers.includes(undefined)
}

interface Choice {
  readonly baselines: BaselineStore
  /** There is a baseline of so many layers. */
  readonly found: number
  /** Those on top. */
  readonly upper: readonly LayerFacts[]
}

/** How many layers there is to be a baseline of; 0 is none. */
function chooseBaseline({ names, baseLayers = 0 }: AuditedChain, { baselines, found, upper }: Choice): number {
  const keys = layerKeys(names)
  const isLarge = (count: number, below: number): boolean => upper.slice(below - found, count - found).reduce((sum, { entries }) => sum + entries.length, 0) >= MIN_ENTRIES
  const isMet = (count: number): boolean => baselines.isMet(keys[count - 1] ?? '')
  const counts = names.map((_, layer) => layer + 1).filter((count) => count > found && isLarge(count, found))
  const count = counts.findLast((one) => one === baseLayers || isMet(one)) ?? found
  for (const one of counts) if (one > count && isLarge(one, count) && !isMet(one)) baselines.noteMet(keys[one - 1] ?? '')
  return count
}

function makeTree({ names }: AuditedChain, { baselines, found, layers }: { readonly baselines: BaselineStore; readonly found: PackedTree | undefined; readonly layers: readonly LayerFacts[] }): PackedTree {
  const root: FolderNode = found?.root() ?? buildRoot([])
  const below = found?.layerCount ?? 0
  for (const [index, layer] of layers.entries()) applyLayer(root, layer, below + index)
  const packed = packTree(root, below + layers.length)
  baselines.putTree(layerKeys(names)[below + layers.length - 1] ?? '', packed)
  return readPackedTree(packed)
}

function ensureJudgement(tree: PackedTree, { names, platform, config }: AuditedChain, baselines: BaselineStore): PackedJudgement {
  const layers = layerKeys(names)[tree.layerCount - 1] ?? ''
  const image = digestOf(formatCanonicalJson({ platform: { ...platform }, config: judgementParts(config) }))
  const known = baselines.judgement(layers, image)
  if (known !== undefined) return known
  const packed = judgeBaseline(tree, { platform, config })
  baselines.putJudgement(layers, image, packed)
  return readPackedJudgement(packed)
}
