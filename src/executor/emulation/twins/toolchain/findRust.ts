import { findFile } from '../rootFiles.ts'
import { frontOf, RUST_CALL } from './rustPrograms.ts'
import { describeMissing, isSame, readSame, startOf, type Search, type ToolchainSearch } from './toolchainSearch.ts'

const PACKAGE = 'rustc'
const PROGRAM = 'usr/bin/rustc'
/** What test/toolchain/verify was run with. */
const PROVEN = '1.85.'

/** The distribution's rustc, where the step has it. One of another origin, such as rustup's, is none of a package. */
export async function findRust(search: Search): Promise<ToolchainSearch> {
  if (findFile(search.step, PROGRAM) === undefined) return { twins: [], why: undefined }
  const why = await describeRust(search)
  if (why !== undefined) return { twins: [], why: why.text }
  const { rustTarget } = search.compilers
  const both = await readSame(PROGRAM, PACKAGE, search)
  const start = both && (await startOf(both.cross, PACKAGE, search))
  if (both === undefined || start === undefined || rustTarget === undefined) return { twins: [], why: 'rustc is not as its package brought it, or has other libraries than in the toolchain' }
  return { twins: [{ file: both.own.identity, start: { ...start, words: [...start.words, ...frontOf(rustTarget)] }, calledAs: ['rustc'], call: RUST_CALL }], why: undefined }
}

/** Why it is not the same one on both sides, if there is anything to say of it; undefined where it is. */
async function describeRust(search: Search): Promise<{ readonly text: string | undefined } | undefined> {
  const [own, cross] = [search.own.database.versionOf(PACKAGE), search.cross.database.versionOf(PACKAGE)]
  if (own === undefined) return { text: 'rustc is of no package' }
  if (!own.startsWith(PROVEN) || search.compilers.rustTarget === undefined) return { text: `rustc ${own} for ${search.target.architecture} is not known to give the same output` }
  if (isSame(PACKAGE, search)) return undefined
  return { text: cross === undefined ? await describeMissing(PACKAGE, 'rustc', search) : `rustc is ${own} here, and ${cross} in the toolchain` }
}
