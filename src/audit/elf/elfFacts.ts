import type { ByteString } from '../../kit/byteString.ts'

/** What the audit needs to know of one ELF file. Everything in it is the file's own word, bounded in length and number. */
export interface ElfFacts {
  /** As an image's platform names it (`amd64`, `arm`); a name of its own (`x32`, `bpf`) where no image is for it. */
  readonly architecture: string
  /** `object` is what only a linker or the kernel loads: `.o`, `.ko`. */
  readonly kind: 'program' | 'library' | 'object'
  readonly floats: 'hard' | 'soft' | 'unknown'
  /** The operating system, where it is not Linux: `freebsd`. */
  readonly foreignSystem: string | undefined
  /** What the CPU must have, where the file says so; '' is nothing above the architecture's baseline: `v3`, `v7`. Of riscv64 extensions with commas between. */
  readonly cpuLevel: string
  /** The loader that it asks the kernel for: PT_INTERP. */
  readonly loader: ByteString | undefined
  readonly linking: Linking
}

export type Linking =
  | { readonly kind: 'static' }
  /** Its tables are not where they can be read in one pass, or make no sense. */
  | { readonly kind: 'unreadable' }
  | DynamicLinking

export interface DynamicLinking {
  readonly kind: 'dynamic'
  readonly soname: ByteString | undefined
  /** DT_NEEDED, in order. */
  readonly needed: readonly ByteString[]
  /** DT_RPATH and DT_RUNPATH, split at colons. */
  readonly rpath: readonly ByteString[]
  readonly runpath: readonly ByteString[]
  /** The symbol versions that it needs of a library, but for weak ones. */
  readonly versionsNeeded: readonly NeededVersions[]
  /** The symbol versions that it has for others; of a library without any, none is asked for. */
  readonly versionsDefined: readonly ByteString[]
}

export interface NeededVersions {
  /** The library's soname. */
  readonly library: ByteString
  readonly versions: readonly ByteString[]
}
