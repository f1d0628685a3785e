import { BuildError } from '../ground/errors.ts'
import type { ByteString } from '../kit/byteString.ts'

/** What an entry of a tar archive is. Sparse files are files; sockets are in no archive. */
export type TarKind = 'file' | 'folder' | 'symlink' | 'hardlink' | 'character-device' | 'block-device' | 'fifo'

/** POSIX pax, ustar and GNU headers, as one. */
export interface TarHeader {
  readonly kind: TarKind
  /** As the archive has it, `./`, `/` and `..` included, but for the slash at the end of a folder. Untrusted: see `safePath.ts`. */
  readonly path: ByteString
  /** Permission bits with setuid, setgid and sticky: 0 to 0o7777. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Of the content, holes of a sparse file included; 0 for all but files. */
  readonly sizeBytes: number
  readonly mtimeNs: bigint
  /** Where a symbolic link leads, or the path of the entry a hard link shares its file with; '' for the rest. */
  readonly linkTarget: ByteString
  /** Of devices; 0 for the rest. */
  readonly deviceMajor: number
  readonly deviceMinor: number
  /** By name, such as `security.capability`. */
  readonly xattrs: ReadonlyMap<string, Uint8Array>
}

export interface TarEntry {
  readonly header: TarHeader
  /** `header.sizeBytes` long. Of an entry that was read: to be read before the next entry is asked for, or not at all. */
  readonly content: AsyncIterable<Uint8Array>
  /** All of the content, where it is at hand: to be used as long as `content` may be read. */
  readonly whole?: Uint8Array
  /** The same at once, into `target`, which is as long: for small content that costs less to read than to wait for. @throws Error where it is shorter */
  readonly fill?: (target: Uint8Array) => void
}

export const BLOCK_BYTES = 512
/** Long names and records are held whole; no honest one comes near. */
export const MAX_EXTENSION_BYTES = 1 << 20
export const XATTR_RECORD_PREFIX = 'SCHILY.xattr.'

/** An archive that breaks off or is none. */
export class TarInvalidError extends BuildError {
  readonly kind = 'corrupt'
}
