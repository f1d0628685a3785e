import { join } from 'node:path'
import { parseDotenv } from './dotenv/parseDotenv.ts'
import { ProjectFileMissingError, type ProjectFiles } from './projectFiles.ts'

export type Environment = ReadonlyMap<string, string>

/** `base`, with what the env files say besides it; a later file wins over an earlier one. @throws ProjectFileMissingError; EnvFileError */
export async function withEnvFiles(base: Environment, paths: readonly string[], files: ProjectFiles, signal: AbortSignal): Promise<Environment> {
  const said = new Map<string, string>()
  for (const path of paths) {
    const text = await files.readText(path, signal)
    if (text === undefined) throw new ProjectFileMissingError(path, 'env file')
    for (const [name, value] of parseDotenv({ filename: path, text }, (key) => base.get(key) ?? said.get(key))) said.set(name, value)
  }
  return new Map([...said, ...base])
}

/** The env files of a project: those that were named, by absolute path, else `.env` in `folder`, where there is one. */
export async function envFilesOf(folder: string, named: readonly string[], { environment, files }: { readonly environment: Environment; readonly files: ProjectFiles }, signal: AbortSignal): Promise<readonly string[]> {
  if (named.length > 0) return named.map((path) => path)
  if (['1', 't', 'true'].includes((environment.get('COMPOSE_DISABLE_ENV_FILE') ?? '').toLowerCase())) return []
  const path = join(folder, '.env')
  return (await files.readText(path, signal)) === undefined ? [] : [path]
}
