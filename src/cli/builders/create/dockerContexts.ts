import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { optionalString, parseJsonObject } from '../../../ground/jsonValue.ts'
import { dockerFolder } from '../../../kit/dockerFolder.ts'
import { ifThere } from '../../../kit/files/ifThere.ts'

type Environment = Readonly<NodeJS.ProcessEnv>

/** Always there, and in no file. */
const DEFAULT_CONTEXT = 'default'

/** The names of Docker's contexts, `default` among them: where `docker context create` keeps them. */
export async function readDockerContexts(env: Environment): Promise<readonly string[]> {
  const folder = join(dockerFolder(env), 'contexts', 'meta')
  const names: string[] = []
  for (const entry of (await ifThere(readdir(folder))) ?? []) {
    const name = await readField(join(folder, entry, 'meta.json'), 'Name')
    if (name !== undefined) names.push(name)
  }
  return [DEFAULT_CONTEXT, ...names.toSorted()]
}

/** Where Docker's client would go: the address in DOCKER_HOST, else the name of its context. */
export async function readDockerEndpoint(env: Environment): Promise<string> {
  const [host = '', context = ''] = [env['DOCKER_HOST'], env['DOCKER_CONTEXT']]
  if (host !== '') return host
  if (context !== '') return context
  const chosen = (await readField(join(dockerFolder(env), 'config.json'), 'currentContext')) ?? ''
  return chosen === '' ? DEFAULT_CONTEXT : chosen
}

/** Undefined where the file is not there, or is one that Docker does not understand either. */
async function readField(path: string, key: string): Promise<string | undefined> {
  try {
    return optionalString(parseJsonObject(await readFile(path, 'utf8'), path), key)
  } catch {
    return undefined
  }
}
