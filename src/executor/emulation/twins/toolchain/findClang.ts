import type { FoundStart, FoundTwin } from '../findTwins.ts'
import { findFile, listFolder } from '../rootFiles.ts'
import type { TwinCall } from '../setting/twinTable.ts'
import type { NativeStart } from '../twinStart.ts'
import { ARGV0 } from '../setting/twinTable.ts'
import { clangCalls, linkerCall } from './clangPrograms.ts'
import { describeMissing, isSame, readSame, startOf, type Search, type ToolchainSearch } from './toolchainSearch.ts'

export interface ClangSearch extends ToolchainSearch {
  /** As gcc's: what link-time optimization by another linker than lld needs. */
  readonly plugins: readonly (readonly [emulated: string, native: string])[]
}

/** clang and lld of each LLVM that the step has. */
export async function findClang(search: Search): Promise<ClangSearch> {
  const found: ClangSearch[] = []
  for (const folder of listFolder(search.step, 'usr/lib')) {
    const version = /^llvm-(\d+)$/.exec(folder)?.[1]
    if (version !== undefined) found.push(await findVersion(version, search))
  }
  const whys = found.flatMap(({ why }) => why ?? [])
  return { twins: found.flatMap(({ twins }) => twins), plugins: found.flatMap(({ plugins }) => plugins), why: whys.length === 0 ? undefined : whys.join('; ') }
}

async function findVersion(version: string, search: Search): Promise<ClangSearch> {
  const { llvmTriple, name: target } = { ...search.compilers, name: search.target.architecture }
  const folder = `usr/lib/llvm-${version}`
  const hasClang = findFile(search.step, `${folder}/bin/clang`) !== undefined
  if (llvmTriple === undefined || Number(version) < FIRST_VERSION) return { twins: [], plugins: [], why: hasClang ? `clang ${version} for ${target} is not known to give the same output` : undefined }
  const why = hasClang ? await describeClang(version, search) : undefined
  const clang = why === undefined ? await findProgram(`${folder}/bin/clang`, `clang-${version}`, search) : undefined
  const linker = await findProgram(`${folder}/bin/lld`, `lld-${version}`, search)
  const twins = [...(clang === undefined ? [] : [chain(clang, { version, llvmTriple, folder })]), ...(linker === undefined ? [] : [withCall(linker, linkerCall(version), version)])]
  const plugin = await readSame(`${folder}/lib/LLVMgold.so`, `llvm-${version}-linker-tools`, search)
  return { twins, plugins: plugin === undefined ? [] : [[`/${folder}/bin/../lib/LLVMgold.so`, plugin.cross.file.path]], why: why ?? (hasClang && clang === undefined ? `clang ${version} is not as its package brought it, or has other libraries than in the toolchain` : undefined) }
}

/** Since then clang takes itself for the program that its path says, and not for one beside the link by which it was called. */
const FIRST_VERSION = 19

/** Why it is not the same one on both sides; undefined where it is. */
async function describeClang(version: string, search: Search): Promise<string | undefined> {
  const name = `clang-${version}`
  const [own, cross] = [search.own.database.versionOf(name), search.cross.database.versionOf(name)]
  if (isSame(name, search)) return undefined
  if (own === undefined) return `clang ${version} is of no package`
  return cross === undefined ? await describeMissing(name, `clang ${version}`, search) : `clang ${version} is ${own} here, and ${cross} in the toolchain`
}

interface FoundProgram {
  readonly file: FoundTwin['file']
  readonly start: NativeStart
}

async function findProgram(path: string, name: string, search: Search): Promise<FoundProgram | undefined> {
  const both = await readSame(path, name, search)
  const start = both && (await startOf(both.cross, name, search))
  return both === undefined || start === undefined ? undefined : { file: both.own.identity, start }
}

function withCall({ file, start }: FoundProgram, call: TwinCall, version: string): FoundTwin {
  return { file, start, call, calledAs: ['lld', 'ld.lld', `ld.lld-${version}`] }
}

interface ClangPlace {
  readonly version: string
  readonly llvmTriple: string
  readonly folder: string
}

/** One way to start it for each kind of call. */
function chain({ file, start }: FoundProgram, { version, llvmTriple, folder }: ClangPlace): FoundTwin {
  const ways = clangCalls(version, llvmTriple).toReversed()
  const [last, ...others] = ways.map(({ call, name, front }) => ({ start: asProgram(start, `/${folder}/bin/${name}`, front), call, calledAs: ['clang', `clang-${version}`, 'clang++'] as const }))
  if (last === undefined) throw new TypeError('clang has calls')
  return { file, ...others.reduce<FoundStart>((otherwise, way) => ({ ...way, otherwise }), last) }
}

/** With `path` as its name, whatever it was started by, and `front` before its arguments. */
function asProgram(start: NativeStart, path: string, front: readonly string[]): NativeStart {
  const named = start.words.indexOf('--argv0') + 1
  return { ...start, words: [...start.words.map((word, index) => (index === named && word === ARGV0 ? path : word)), ...front] }
}
