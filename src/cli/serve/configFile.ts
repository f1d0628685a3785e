import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { parseBuildkitdToml, type BuildkitdToml } from '../../engine/config/buildkitdToml.ts'
import { configHome } from '../../kit/configHome.ts'
import { UsageError } from '../flags/usageError.ts'

export interface ConfigFile {
  readonly file: BuildkitdToml
  /** From where its paths are said. */
  readonly folder: string
  readonly warnings: readonly string[]
}

interface Surroundings {
  readonly env: Readonly<NodeJS.ProcessEnv>
  readonly workingFolder: string
  readonly userId: number
}

/** The file that the flag names, else this user's, which need not be there. @throws UsageError; InvalidValueError */
export async function readConfigFile(flag: string | undefined, { env, workingFolder, userId }: Surroundings): Promise<ConfigFile> {
  const path = flag === undefined ? defaultConfigPath(env, userId) : resolve(workingFolder, flag)
  const file = parseBuildkitdToml(await readText(path, flag !== undefined), path)
  return { file, folder: dirname(path), warnings: file.warnings.map((warning) => `${path}: ${warning}`) }
}

/** Not BuildKit's own: its root and socket are its daemon's, which may run on the same machine. */
function defaultConfigPath(env: Readonly<NodeJS.ProcessEnv>, userId: number): string {
  return join(userId === 0 ? '/etc' : configHome(env), 'pelago/buildkitd.toml')
}

async function readText(path: string, isNamed: boolean): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (!isNamed && (error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw new UsageError(`cannot read ${path}`, { hint: 'it is to be a file in the form of buildkitd.toml', cause: error })
  }
}
