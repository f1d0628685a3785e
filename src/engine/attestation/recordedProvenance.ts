import type { Attestation } from '../../exporter/attestation/attestation.ts'
import { formatPlatform } from '../../ground/platform.ts'
import { createProvenance, type ProvenanceDeps } from '../provenance/provenance.ts'
import type { ProvenanceOrder } from '../provenance/provenanceOrder.ts'
import type { AttestedBuild, AttestedTarget } from './attestedBuild.ts'

/** What the history keeps of one platform of a build. */
export interface RecordedProvenance {
  readonly platform: string
  readonly attestation: Attestation
}

/** In the image or not, all that is known of where it is from is kept with the build, as BuildKit has it. */
const HISTORY_ORDER: ProvenanceOrder = { mode: 'max', version: 'v1', builderId: '', isReproducible: false, isInlineOnly: false, filename: 'provenance.json' }

/** Of a result that has `attestations`: its own, else one that is made for the history alone. */
export async function recordProvenance(target: AttestedTarget, attestations: readonly Attestation[], { build, deps }: { readonly build: AttestedBuild; readonly deps: ProvenanceDeps }, signal: AbortSignal): Promise<readonly RecordedProvenance[]> {
  const platform = formatPlatform(target.result.platform)
  const own = attestations.find(({ predicateType }) => predicateType.startsWith(PROVENANCE_TYPES))
  if (own !== undefined) return [{ platform, attestation: own }]
  return [{ platform, attestation: await createProvenance(target, { ...build, order: HISTORY_ORDER }, deps, signal) }]
}

const PROVENANCE_TYPES = 'https://slsa.dev/provenance/'
