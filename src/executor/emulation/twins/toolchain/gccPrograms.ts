import type { ArgumentChange } from '../setting/twinTable.ts'

/*
 * The inner programs of gcc that may run natively: those that read and write files of the target alone, by rules of the
 * target. The driver, collect2 and lto-wrapper stay as they are, and so do f951, gnat1, go1, d21 and all of clang: what
 * they print and look for is the emulated root's own. What changes between a compiler that is native to the target and
 * a cross compiler of the same source is told here, by argument; whatever could not be made equal so is refused, and emulated.
 */

/** Part of the cache keys of steps with a toolchain. To be raised as TWINS_VERSION is. */
export const TOOLCHAIN_VERSION = 1

export interface GccTarget {
  /** GNU's name, as it is in paths. */
  readonly triplet: string
}

/** By the platform's architecture: those that test/toolchain/verify was run for. On one of another byte order than this machine's, LTO would write other numbers. */
export const GCC_TARGETS: ReadonlyMap<string, GccTarget> = new Map([
  ['arm64', { triplet: 'aarch64-linux-gnu' }],
  ['arm', { triplet: 'arm-linux-gnueabihf' }],
  ['riscv64', { triplet: 'riscv64-linux-gnu' }],
])

/** A program of one version of gcc. */
export interface GccProgram {
  readonly name: 'cc1' | 'cc1plus' | 'lto1'
  /** Of Debian, with the version and, where it is a cross compiler, the target behind it: what needs the package that has the program. */
  readonly package: 'gcc' | 'g++'
}

export const GCC_PROGRAMS: readonly GccProgram[] = [{ name: 'cc1', package: 'gcc' }, { name: 'cc1plus', package: 'g++' }, { name: 'lto1', package: 'gcc' }]

/** What a compiler of another configuration prints or does otherwise. */
const REFUSED = ['-v', '--version', '--help', '--target-help', '-fplugin', '-fopenmp', '-fopenacc', '-fdump', '-ftime-report', '-fmem-report', '-fprofile', '-ftest-coverage', '-fauto-profile', '-fbranch-probabilities', '-fself-test']

/**
 * Of compilers proper, besides: text that only went through the preprocessor (which marks system headers by how it was
 * told of their folders), precompiled headers, modules, other header folders than the default ones, and arguments in a file.
 */
const REFUSED_OF_FRONTENDS = [
  '@', '-E', '--output-pch', '-include', '-Winvalid-pch', '-fmodule', '-fdeps', '-nostdinc', '-isysroot', '-iprefix', '-iwithprefix', '-imultilib', '-Wmissing-include-dirs',
  'C_INCLUDE_PATH=', 'CPLUS_INCLUDE_PATH=', 'GCC_EXEC_PREFIX=',
]

/** `folder` is that of the version's own files in the target's root: `/usr/lib/gcc/TRIPLET/VERSION`. */
export function changeOf({ name }: GccProgram, { triplet }: GccTarget, { folder, version }: { readonly folder: string; readonly version: string }): ArgumentChange {
  if (name === 'lto1') return { behind: [], refused: REFUSED, replaced: [] }
  const own = [`${folder}/include`, `/usr/local/include/${triplet}`, '/usr/local/include', `${folder}/include-fixed/${triplet}`, `${folder}/include-fixed`, `${folder}/../../../../${triplet}/include`]
  const folders = name === 'cc1' ? own : [`/usr/include/c++/${version}`, `/usr/include/${triplet}/c++/${version}`, `/usr/include/c++/${version}/backward`, ...own]
  return { behind: folders.map((path) => `-isystem${path}`), refused: [...REFUSED, ...REFUSED_OF_FRONTENDS], replaced: [] }
}
