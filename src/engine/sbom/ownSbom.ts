import { takeInventory } from '../../audit/packages/packageInventory.ts'
import { readLayerEvidence, type LayerEvidence } from '../../audit/packages/readLayerEvidence.ts'
import { describeImage } from '../../audit/spdx/describeImage.ts'
import type { Attestation } from '../../exporter/attestation/attestation.ts'
import type { PlatformResult } from '../../exporter/exporter.ts'
import { formatPlatform } from '../../ground/platform.ts'
import { parseEpochSeconds } from '../../ground/quantity/sourceDateEpoch.ts'
import { layerSteps } from '../../image/layerSteps.ts'
import type { SnapshotId, SnapshotStore } from '../../snapshot/snapshotStore.ts'
import type { LayerReading } from '../audit/layerReading.ts'

/** The predicate type of SPDX documents, as BuildKit and its scanners write it. */
export const SPDX_PREDICATE = 'https://spdx.dev/Document'

export interface OwnSbomDeps {
  readonly snapshots: SnapshotStore
  readonly layers: LayerReading
}

/** Root file systems of one platform to be told of: the result first, then those that the Dockerfile names. */
export interface ScanTarget {
  /** `sbom`, or `sbom-` and the name of the stage. */
  readonly name: string
  readonly snapshot: SnapshotId | undefined
}

/** What packages are in a result. The layers are read when somebody asks, once. */
export function createOwnSbom({ name, snapshot }: ScanTarget, { platform, config }: Pick<PlatformResult, 'platform' | 'config'>, { snapshots, layers }: OwnSbomDeps): Attestation {
  let made: Promise<Uint8Array> | undefined
  const make = async (signal: AbortSignal): Promise<Uint8Array> => {
    const chain = snapshot === undefined ? [] : snapshots.chain(snapshot)
    const evidence: (LayerEvidence | undefined)[] = []
    for (const one of chain) {
      const tar = await layers.open(one, 'fetch', signal)
      evidence.push(tar === undefined ? undefined : await readLayerEvidence(tar, signal))
    }
    const steps = layerSteps(config)
    // where a step made no layer, which step a layer is of is not known
    const isMatched = name === CORE_NAME && steps.length === chain.length
    const subject = {
      name,
      platform: formatPlatform(platform),
      digest: undefined,
      steps: chain.map((_, index) => (isMatched ? (steps[index] ?? '') : '')),
      baseLayers: name === CORE_NAME ? config.diffIds.length : undefined,
      createdSeconds: parseEpochSeconds(String(Math.floor(Date.parse(config.created ?? '') / 1000))) ?? 0,
    }
    return Buffer.from(JSON.stringify(describeImage(subject, takeInventory(evidence))))
  }
  return {
    predicateType: SPDX_PREDICATE,
    filename: `${name}.spdx.json`,
    isInlineOnly: false,
    predicate: (_layers, signal) => (made ??= make(signal)),
  }
}

/** What BuildKit calls the scan of the result. */
export const CORE_NAME = 'sbom'
