import type { Attestation } from '../../exporter/attestation/attestation.ts'
import { createProvenance, type ProvenanceDeps } from '../provenance/provenance.ts'
import type { AttestedBuild, AttestedTarget } from './attestedBuild.ts'

export interface AttestDeps {
  readonly provenance: ProvenanceDeps
}

/** What the orders ask to be said of a platform's result. */
export async function attestResult(target: AttestedTarget, build: AttestedBuild, deps: AttestDeps, signal: AbortSignal): Promise<readonly Attestation[]> {
  const { provenance } = build.orders
  return provenance === undefined ? [] : [await createProvenance(target, { ...build, order: provenance }, deps.provenance, signal)]
}
