import { InvalidValueError } from '../../ground/errors.ts'
import { parseProvenanceOrder, type ProvenanceOrder } from '../provenance/provenanceOrder.ts'
import { parseSbomOrder, type SbomOrder } from '../sbom/sbomOrder.ts'

/** What is to be said of a build's results; undefined is nothing. */
export interface AttestationOrders {
  readonly provenance: ProvenanceOrder | undefined
  readonly sbom: SbomOrder | undefined
}

/** Of the frontend's attributes those that begin with `attest:`. @throws InvalidValueError */
export function parseAttestationOrders(attributes: ReadonlyMap<string, string>): AttestationOrders {
  for (const key of attributes.keys()) {
    if (!key.startsWith('attest:') || KNOWN.has(key)) continue
    throw new InvalidValueError(`this attestation is not supported: ${key.slice('attest:'.length)}`, { hint: 'ask for provenance or sbom' })
  }
  const [provenance, sbom] = [attributes.get('attest:provenance'), attributes.get('attest:sbom')]
  return { provenance: provenance === undefined ? undefined : parseProvenanceOrder(provenance), sbom: sbom === undefined ? undefined : parseSbomOrder(sbom) }
}

const KNOWN: ReadonlySet<string> = new Set(['attest:provenance', 'attest:sbom'])
