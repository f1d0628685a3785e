import type { FoundTwin } from '../findTwins.ts'
import { TOOLCHAIN_FOLDER } from '../setting/twinFolder.ts'
import type { TwinCall } from '../setting/twinTable.ts'
import { debianName } from './compilerTargets.ts'
import { readSame, startOf, type Search } from './toolchainSearch.ts'

/** The assembler and the linker: of one package, in one version. The linker is given the plugins that have natives; with another one it is emulated. */
export async function findBinutils(plugins: readonly (readonly [emulated: string, native: string])[], search: Search): Promise<readonly FoundTwin[]> {
  const { triplet } = search.compilers
  const name = `binutils-${debianName(search.compilers)}`
  const linking: TwinCall = { refused: ['-plugin=', '--plugin', ...(plugins.length === 0 ? ['-plugin'] : [])], replaced: plugins.map(([emulated, native]) => ['-plugin', emulated, `${TOOLCHAIN_FOLDER}/${native}`]) }
  const programs: readonly (readonly [program: string, call: TwinCall, links: readonly string[]])[] = [['as', {}, []], ['ld.bfd', linking, ['ld', `${triplet}-ld`]]]
  const found: FoundTwin[] = []
  for (const [program, call, links] of programs) {
    const both = await readSame(`usr/bin/${triplet}-${program}`, name, search)
    const start = both && (await startOf(both.cross, name, search))
    if (both !== undefined && start !== undefined) found.push({ file: both.own.identity, start, calledAs: [program, `${triplet}-${program}`, ...links], call })
  }
  return found
}
