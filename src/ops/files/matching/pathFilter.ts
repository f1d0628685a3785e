import type { ByteString } from '../../../kit/byteString.ts'

/** Which paths of a tree are taken. Paths are relative to its root. */
export interface PathFilter {
  /** Whether the path itself is taken. A folder that is not may hold what is. */
  includes(path: ByteString): boolean
  /** Whether neither the path nor anything below it can be taken. */
  skips(path: ByteString): boolean
}

export const TAKE_ALL: PathFilter = { includes: () => true, skips: () => false }
