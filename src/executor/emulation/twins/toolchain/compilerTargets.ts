/*
 * Platforms whose compilers have native twins: those that test/toolchain/verify was run for. On one of another byte order
 * than this machine's, link-time optimization would write other numbers.
 */

/** Part of the cache keys of steps with a toolchain. To be raised as TWINS_VERSION is. */
export const TOOLCHAIN_VERSION = 2

export interface CompilerTarget {
  /** GNU's name, as it is in paths. */
  readonly triplet: string
  /** LLVM's name for what clang makes code for by itself, as Debian builds it; undefined where clang is not proven. */
  readonly llvmTriple: string | undefined
  /** rustc's name for it; undefined where rustc is not proven. */
  readonly rustTarget: string | undefined
}

/** By the platform's architecture. */
export const COMPILER_TARGETS: ReadonlyMap<string, CompilerTarget> = new Map([
  ['arm64', { triplet: 'aarch64-linux-gnu', llvmTriple: 'aarch64-unknown-linux-gnu', rustTarget: 'aarch64-unknown-linux-gnu' }],
  ['arm', { triplet: 'arm-linux-gnueabihf', llvmTriple: undefined, rustTarget: undefined }],
  ['riscv64', { triplet: 'riscv64-linux-gnu', llvmTriple: undefined, rustTarget: undefined }],
])

/** As it is in names of packages, which have no underscores. */
export function debianName({ triplet }: CompilerTarget): string {
  return triplet.replaceAll('_', '-')
}
