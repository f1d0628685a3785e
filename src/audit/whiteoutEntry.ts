import type { Whiteout } from '../archive/whiteout.ts'
import type { ByteString } from '../kit/byteString.ts'

/** What a layer takes away of those below it: a path, or all that was in a folder. */
export type WhiteoutEntry = { readonly kind: 'removal'; readonly path: ByteString } | { readonly kind: 'opaque'; readonly path: ByteString }

/** Undefined where it says nothing. */
export function whiteoutEntry(whiteout: Whiteout): WhiteoutEntry | undefined {
  switch (whiteout.kind) {
    case 'meaningless':
      return undefined
    case 'opaque':
      return { kind: 'opaque', path: whiteout.folder }
    case 'removal':
      return { kind: 'removal', path: whiteout.path }
  }
}
