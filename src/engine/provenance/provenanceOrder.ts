import { InvalidValueError } from '../../ground/errors.ts'
import { createOrderReader } from '../attestation/orderReader.ts'

/** What provenance a build is to have, as `attest:provenance` says it. */
export interface ProvenanceOrder {
  /** `max` tells build arguments, the Dockerfile and its steps too. */
  readonly mode: 'min' | 'max'
  readonly version: 'v1' | 'v0.2'
  /** A URI of who builds; '' is none. */
  readonly builderId: string
  /** Whether the user says that the same build gives the same bytes. */
  readonly isReproducible: boolean
  readonly isInlineOnly: boolean
  readonly filename: string
}

/** Undefined where it is switched off. @throws InvalidValueError */
export function parseProvenanceOrder(text: string): ProvenanceOrder | undefined {
  const reader = createOrderReader('provenance', text)
  if (reader.flag('disabled') === true) return undefined
  const mode = reader.choice('mode', ['min', 'max', 'full'], 'max')
  const order: ProvenanceOrder = {
    mode: mode === 'full' ? 'max' : mode,
    version: reader.choice('version', ['v1', 'v0.2'], 'v1'),
    builderId: reader.text('builder-id') ?? '',
    isReproducible: reader.flag('reproducible') ?? false,
    isInlineOnly: reader.flag('inline-only') ?? false,
    filename: reader.text('filename') ?? 'provenance.json',
  }
  if (!/^[^/\0]+$/.test(order.filename) || order.filename === '..' || order.filename === '.') throw new InvalidValueError(`provenance attestation: ${JSON.stringify(order.filename)} is no file name`)
  reader.finish()
  return order
}
