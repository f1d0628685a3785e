import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { optionalString, parseJsonObject } from '../../ground/jsonValue.ts'
import { dockerFolder } from '../../kit/dockerFolder.ts'
import { ifThere } from '../../kit/files/ifThere.ts'

type Environment = Readonly<NodeJS.ProcessEnv>

/** Always there, and in no file. */
const DEFAULT_CONTEXT = 'default'

/** The names of Docker's contexts, `default` among them: where `docker context create` keeps them. */
export async function readDockerContexts(env: Environment): Promise<readonly string[]> {
  const folder = join(dockerFolder(env), 'contexts', 'meta')
  const names: string[] = []
  for (const entry of (await ifThere(readdir(folder))) ?? []) {
    const path = join(folder, entry, 'meta.json')
    const name = optionalString(parseJsonObject((await ifThere(readFile(path, 'utf8'))) ?? '{}', path), 'Name')
    if (name !== undefined) names.push(name)
  }
  return [DEFAULT_CONTEXT, ...names.toSorted()]
}

/** Where Docker's client would go: the address in DOCKER_HOST, else the name of its context. */
export async function readDockerEndpoint(env: Environment): Promise<string> {
  const [host = '', context = ''] = [env['DOCKER_HOST'], env['DOCKER_CONTEXT']]
  if (host !== '') return host
  if (context !== '') return context
  const path = join(dockerFolder(env), 'config.json')
  const text = await ifThere(readFile(path, 'utf8'))
  const chosen = text === undefined || text.trim() === '' ? undefined : optionalString(parseJsonObject(text, path), 'currentContext')
  return chosen === undefined || chosen === '' ? DEFAULT_CONTEXT : chosen
}
