import type { Attestation } from '../../exporter/attestation/attestation.ts'
import { toSnapshot } from '../../ops/snapshotResult.ts'
import type { LayerReading } from '../audit/layerReading.ts'
import { createProvenance, type ProvenanceDeps } from '../provenance/provenance.ts'
import { createGeneratedSboms, type ScanDeps } from '../sbom/generatedSbom.ts'
import { CORE_NAME, createOwnSbom } from '../sbom/ownSbom.ts'
import type { SbomOrder } from '../sbom/sbomOrder.ts'
import { scannedOutputs } from '../sbom/scannedOutputs.ts'
import type { AttestedBuild, AttestedTarget } from './attestedBuild.ts'

export interface AttestDeps {
  readonly provenance: ProvenanceDeps
  /** By which the build's session reads layers. */
  readonly layers: LayerReading
}

/** What the orders ask to be said of a platform's result. */
export async function attestResult(target: AttestedTarget, build: AttestedBuild, deps: AttestDeps & ScanDeps, signal: AbortSignal): Promise<readonly Attestation[]> {
  const { provenance, sbom } = build.orders
  const sboms = sbom === undefined ? [] : await attestPackages(target, { build, order: sbom }, deps, signal)
  return provenance === undefined ? sboms : [...sboms, await createProvenance(target, { ...build, order: provenance }, deps.provenance, signal)]
}

interface SbomBuild {
  readonly build: AttestedBuild
  readonly order: SbomOrder
}

async function attestPackages({ image, result }: AttestedTarget, { build, order }: SbomBuild, deps: AttestDeps & ScanDeps, signal: AbortSignal): Promise<readonly Attestation[]> {
  const targets = scannedOutputs(image, build.stagesOf(image))
  const { builderPlatform: buildPlatform, scanner, waiter } = build
  if (scanner !== undefined) return await createGeneratedSboms({ order, scanner, platform: result.platform, buildPlatform, graph: image.graph, targets, waiter }, deps, signal)
  const extras = targets.slice(1)
  const roots = extras.flatMap(({ root }) => root ?? [])
  const solved = roots.length === 0 ? [] : await deps.solver.solve(image.graph, roots, waiter, signal)
  const snapshotOf = new Map(roots.map((root, index) => [root, toSnapshot(solved[index])]))
  const scanned = [{ name: CORE_NAME, snapshot: result.snapshot }, ...extras.map(({ name, root }) => ({ name, snapshot: root === undefined ? undefined : snapshotOf.get(root) }))]
  return scanned.map((one) => createOwnSbom(one, result, deps))
}
