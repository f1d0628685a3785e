import type { TwinCall } from '../setting/twinTable.ts'
import type { FolderUse } from './headerFolders.ts'

/*
 * The inner programs of gcc that may run natively: those that read and write files of the target alone, by rules of the
 * target. The driver, collect2 and lto-wrapper stay as they are, and so do f951, gnat1, go1 and d21: what they print and
 * look for is the emulated root's own. Where a compiler looks for headers is told it by a copy that has the table of the
 * one that it stands in for (headerFolders.ts); whatever could not be made equal is refused here, and emulated.
 */

/** A program of one version of gcc. */
export interface GccProgram {
  readonly name: 'cc1' | 'cc1plus' | 'lto1'
  /** Of Debian, with the version and, where it is a cross compiler, the target behind it: what needs the package that has the program. */
  readonly package: 'gcc' | 'g++'
  /** Of the source; undefined where it reads none, and looks for no headers. */
  readonly language: FolderUse['language'] | undefined
}

export const GCC_PROGRAMS: readonly GccProgram[] = [
  { name: 'cc1', package: 'gcc', language: 'C' },
  { name: 'cc1plus', package: 'g++', language: 'C++' },
  { name: 'lto1', package: 'gcc', language: undefined },
]

/** What a compiler of another configuration prints or does otherwise. */
const REFUSED = ['-v', '--version', '--help', '--target-help', '-fplugin', '-fopenacc', '-fdump', '-ftime-report', '-fmem-report', '-fprofile', '-ftest-coverage', '-fauto-profile', '-fbranch-probabilities', '-fself-test']

/** Of one that offloads work to other processors. */
const REFUSED_WITH_OFFLOADING = ['-fopenmp']

/** Of compilers proper, besides: precompiled headers, modules, another C++ library, and a compiler that was moved. */
const REFUSED_OF_FRONTENDS = ['--output-pch', '-stdlib=', '-Winvalid-pch', '-fmodule', '-fdeps', '-iprefix', '-iwithprefix', 'GCC_EXEC_PREFIX=']

/** A precompiled header takes the place of one that is named to come first; it has been written by the emulated compiler, for itself. */
const PRECOMPILED: NonNullable<TwinCall['companions']> = [['-include', '.gch']]

/** `absent` are folders of headers that its twin does not know of. */
export function callOf({ language }: GccProgram, { isOffloading, absent }: { readonly isOffloading: boolean; readonly absent: readonly string[] }): TwinCall {
  const refused = [...REFUSED, ...(isOffloading ? REFUSED_WITH_OFFLOADING : [])]
  return language === undefined ? { refused } : { refused: [...refused, ...REFUSED_OF_FRONTENDS], companions: PRECOMPILED, absent }
}
