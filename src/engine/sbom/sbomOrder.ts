import { InvalidValueError } from '../../ground/errors.ts'
import { createOrderReader } from '../attestation/orderReader.ts'

/** What list of software a build is to have, as `attest:sbom` says it. */
export interface SbomOrder {
  /** The image that makes it; undefined is Pelago itself. */
  readonly generator: string | undefined
  /** What the generator is told besides, by name. */
  readonly parameters: ReadonlyMap<string, string>
}

/** Undefined where it is switched off. @throws InvalidValueError */
export function parseSbomOrder(text: string): SbomOrder | undefined {
  const reader = createOrderReader('sbom', text)
  const isDisabled = reader.flag('disabled') === true
  const generator = reader.text('generator')
  if (generator === '') throw new InvalidValueError('sbom attestation: generator is empty', { hint: 'name an image, or leave it out for what Pelago makes itself' })
  const parameters = reader.rest()
  if (generator === undefined) reader.finish()
  return isDisabled ? undefined : { generator, parameters }
}
