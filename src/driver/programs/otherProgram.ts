import { realpathSync } from 'node:fs'
import { basename, delimiter } from 'node:path'
import { findProgram, type Environment } from '../../kit/enterNamespaces.ts'

/** The first on PATH that is not this very command: `alias docker=pelago` may be a link, before the real one. */
export function findOtherProgram(name: string, env: Environment): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter)
  return folders.map((folder) => findProgram(name, { PATH: folder })).find((found) => found !== undefined && basename(realpathSync(found)) !== 'pelago')
}
