import type { ByteString } from '../../kit/byteString.ts'
import type { Package } from './package.ts'

/** What a file of an image says of packages. */
export type FileEvidence =
  | { readonly kind: 'nothing' }
  | DatabaseEvidence
  /** What a distribution's package says of its licences in a file of its own. */
  | { readonly kind: 'licenses'; readonly licenses: readonly string[] }
  | { readonly kind: 'os-release'; readonly distribution: Distribution }
  /** It ought to name packages, and was not understood. */
  | { readonly kind: 'unread'; readonly reason: string }

export interface DatabaseEvidence {
  readonly kind: 'packages'
  readonly packages: readonly Package[]
  /** Files that these packages brought, as far as they name packages themselves; without a slash in front. */
  readonly owned: readonly ByteString[]
}

/** os-release(5) */
export interface Distribution {
  /** Such as `debian`. */
  readonly id: string
  /** Such as `12`; '' of one that has no versions. */
  readonly versionId: string
  /** For people; '' where nothing says. */
  readonly prettyName: string
}

export const NOTHING: FileEvidence = { kind: 'nothing' }

export function packagesEvidence(packages: readonly (Package | undefined)[], owned: readonly ByteString[] = []): FileEvidence {
  const found = packages.filter((one) => one !== undefined)
  return found.length === 0 && owned.length === 0 ? NOTHING : { kind: 'packages', packages: found, owned }
}
