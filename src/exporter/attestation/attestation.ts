import type { Descriptor } from '../../ground/oci/descriptor.ts'
import type { AttestedSubject } from './subject.ts'

/**
 * What is said of one platform's result: the predicate of an in-toto statement. Its subject is what is exported, which
 * the exporter knows; who says it makes the predicate once it is asked for.
 */
export interface Attestation {
  /** `https://slsa.dev/provenance/v1` */
  readonly predicateType: string
  /** Its file's name where a result is exported as files: `provenance.json`. */
  readonly filename: string
  /** Whether it is meant for images alone that are stored or pushed, and left out of archives and folders. */
  readonly isInlineOnly: boolean
  /** What it is of; absent is what is exported. */
  readonly subjects?: readonly AttestedSubject[]
  /** A JSON object; equal each time. `layers` are those of the image, lowest first, none where files are exported. */
  predicate(layers: readonly Descriptor[], signal: AbortSignal): Promise<Uint8Array>
}

/** What exporters leave out: those for images only, or none. */
export function takeAttestations(attestations: readonly Attestation[], includesInlineOnly: boolean): readonly Attestation[] {
  return attestations.filter(({ isInlineOnly }) => includesInlineOnly || !isInlineOnly)
}
