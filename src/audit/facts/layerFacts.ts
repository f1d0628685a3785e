import type { ByteString } from '../../kit/byteString.ts'
import type { ElfFacts } from '../elf/elfFacts.ts'
import type { WhiteoutEntry } from '../whiteoutEntry.ts'

/** Of what is written and read below: facts that are kept are of use to the same version only. */
export const FACTS_VERSION = 1

/**
 * What the audit needs to know of one layer: each of its entries, in order, and of files what they are; never their bytes.
 * `Content` is what is known of a file.
 */
export interface LayerFacts<Content = FileContent> {
  readonly entries: readonly LayerEntry<Content>[]
}

/** Paths have no `/`, `.` or `..` in front or at the end; '' is the root. */
export type LayerEntry<Content = FileContent> =
  | { readonly kind: 'folder'; readonly path: ByteString }
  | FileEntry<Content>
  | { readonly kind: 'symlink'; readonly path: ByteString; readonly target: ByteString }
  | { readonly kind: 'hardlink'; readonly path: ByteString; readonly target: ByteString }
  /** Devices and pipes: nothing that could be run. */
  | { readonly kind: 'special'; readonly path: ByteString }
  | WhiteoutEntry

export interface FileEntry<Content = FileContent> {
  readonly kind: 'file'
  readonly path: ByteString
  /** 0 to 0o7777. */
  readonly mode: number
  /** Whether it has capabilities of its own: the attribute `security.capability`. */
  readonly hasCapabilities: boolean
  readonly content: Content
}

export type FileContent =
  | { readonly kind: 'elf'; readonly elf: ElfFacts }
  /** `line` is what stands behind `#!` in the first line, with a carriage return if there is one; as much as Linux reads. */
  | { readonly kind: 'script'; readonly line: ByteString }
  /** Where loaders look for libraries: the whole text of `/etc/ld.so.conf` and the like. */
  | { readonly kind: 'search-paths'; readonly text: ByteString }
  /** A program of another system: `Windows`, `macOS`. */
  | { readonly kind: 'foreign'; readonly system: string }
  | { readonly kind: 'empty' }
  | { readonly kind: 'other' }
