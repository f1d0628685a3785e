import type { TwinReaders } from '../findTwins.ts'
import { findBinutils } from './findBinutils.ts'
import { findClang } from './findClang.ts'
import { findGcc } from './findGcc.ts'
import { findRust } from './findRust.ts'
import { openSearch, type ToolchainSearch, type ToolchainSides } from './toolchainSearch.ts'

/**
 * The programs of the step's compilers that those of the toolchain can stand in for: both are what Debian's packages
 * brought, of one source, and with the same libraries.
 */
export async function findToolchain(sides: ToolchainSides, readers: TwinReaders, signal: AbortSignal): Promise<ToolchainSearch> {
  const search = await openSearch(sides, readers, signal)
  if (search === undefined) return { twins: [], why: undefined }
  const [gcc, clang] = [await findGcc(search), await findClang(search)]
  const binutils = await findBinutils([...gcc.plugins, ...clang.plugins], search)
  const rust = await findRust(search)
  const whys = [gcc.why, clang.why, rust.why].flatMap((why) => why ?? [])
  return { twins: [...gcc.twins, ...clang.twins, ...rust.twins, ...binutils], why: whys.length === 0 ? undefined : whys.join('; ') }
}
