import { inflateSync } from 'node:zlib'
import { objectList, optionalString, parseJsonObject, requiredString } from '../../../ground/jsonValue.ts'
import { packagesEvidence, type FileEvidence } from '../fileEvidence.ts'
import { toPackage } from '../package.ts'

/** The section in which cargo-auditable puts what a program is made of. */
export const CARGO_SECTION = '.dep-v0'

/** A program of 10,000 crates has less. */
const MAX_INFLATED_BYTES = 8 << 20

/** JSON packed with zlib: cargo-auditable, PARSING.md. What only the build needed is not in the program. Never throws. */
export function parseCargoAuditable(section: Uint8Array): FileEvidence {
  try {
    const document = parseJsonObject(inflateSync(section, { maxOutputLength: MAX_INFLATED_BYTES }).toString(), CARGO_SECTION)
    const linked = objectList(document, 'packages').filter((one) => optionalString(one, 'kind') !== 'build')
    return packagesEvidence(linked.map((one) => toPackage({ kind: 'cargo', name: requiredString(one, 'name'), version: requiredString(one, 'version') })))
  } catch {
    return { kind: 'unread', reason: `its section ${CARGO_SECTION} is not as cargo-auditable writes it` }
  }
}
