import { InvalidValueError } from '../../ground/errors.ts'
import { parseProvenanceOrder, type ProvenanceOrder } from '../provenance/provenanceOrder.ts'

/** What is to be said of a build's results; undefined is nothing. */
export interface AttestationOrders {
  readonly provenance: ProvenanceOrder | undefined
}

/** Of the frontend's attributes those that begin with `attest:`. @throws InvalidValueError */
export function parseAttestationOrders(attributes: ReadonlyMap<string, string>): AttestationOrders {
  for (const [key, value] of attributes) {
    if (key === 'attest:provenance' || !key.startsWith('attest:')) continue
    if (key === 'attest:sbom' && value.includes('disabled=true')) continue
    throw new InvalidValueError(`this attestation is not supported: ${key.slice('attest:'.length)}`, { hint: 'ask for provenance' })
  }
  const provenance = attributes.get('attest:provenance')
  return { provenance: provenance === undefined ? undefined : parseProvenanceOrder(provenance) }
}
