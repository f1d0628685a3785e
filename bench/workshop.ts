/** Where a case makes what it builds. */
export interface Workshop {
  /** Empty at first; goes with the case. */
  readonly folder: string
  /** An image for the platforms that there is a base of. Made once a machine where that takes long. */
  readonly base: (name: BaseName) => Promise<string>
  /** Has Pelago push what a Dockerfile in `context` makes, and gives its reference. */
  readonly publish: (name: string, context: string, platforms: readonly string[]) => Promise<string>
}

/**
 * `debs` is `debian` with packages that are fetched and not installed, `tools` one that has them, and more of the kind.
 * `compilers` is a newer Debian with gcc, and `cross` the same, for this machine alone, with a gcc for arm64; `rust` and
 * `rust-cross` are these two with Rust's compiler besides.
 */
export type BaseName = 'busybox' | 'debian' | 'debs' | 'tools' | 'debian13' | 'compilers' | 'cross' | 'rust' | 'rust-cross'
