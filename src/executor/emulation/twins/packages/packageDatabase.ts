import type { OpenFolder } from '../../../../archive/safePath.ts'

/** What is installed in a root file system, by the word of its package manager. */
export interface PackageDatabase {
  readonly kind: 'deb' | 'apk'
  /** Undefined where the package is not installed. */
  versionOf(name: string): string | undefined
  /** The files of the package `name` and of all that it needs, by place. `root` is the one that the database was read from, or one with the same. */
  filesFor(name: string, root: OpenFolder, signal: AbortSignal): Promise<ReadonlyMap<string, PackageFile>>
}

export interface PackageFile {
  /** The package that it belongs to. */
  readonly owner: string
  readonly checksum: Checksum
}

/** `sha256-160` is so much of SHA-256. */
export type ChecksumAlgorithm = 'md5' | 'sha1' | 'sha256-160'

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm
  readonly hex: string
}

/** Where a file is, whether `/bin` and the like are folders of their own or `/usr`'s: packages and roots call it by either. */
export function placeOf(path: string): string {
  return path.replace(/^\/+/, '').replace(/^usr\/(?=(?:bin|sbin|lib(?:32|64|x32)?)\/)/, '')
}
