import type { SolveParts } from '../driver/solve.ts'
import { openFolderTree } from '../ops/contextWalk.ts'
import type { CommandContext } from './command.ts'

/** What an engine may have of the command's process, for its session: folders that the request names, stdout, programs. */
export function clientParts({ stdout, env, workingFolder }: Pick<CommandContext, 'stdout' | 'env' | 'workingFolder'>): SolveParts {
  const set = Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]))
  return { openFolder: openFolderTree, client: { stdout, env: Object.fromEntries(set), cwd: workingFolder } }
}
