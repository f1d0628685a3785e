import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { AgentKey } from '../../../driver/agent/keyAgent.ts'
import { parsePrivateKey, PrivateKeyError } from '../../../driver/agent/privateKey.ts'
import type { AgentFrom } from '../../../driver/driver.ts'
import type { CommandContext } from '../../command.ts'
import { UsageError } from '../../flags/usageError.ts'

const HINT = 'write --ssh default, --ssh ID=SOCKET or --ssh ID=KEY[,KEY]'
/** Far beyond any key. */
const MAX_KEY_BYTES = 100 * 1024

export type AgentPlace = Pick<CommandContext, 'env' | 'workingFolder'>

/**
 * `--ssh`, by id: the socket of an agent, or files of private keys; without either the agent at SSH_AUTH_SOCK. Keys are
 * read now. @throws UsageError
 */
export async function parseAgents(texts: readonly string[], place: AgentPlace): Promise<ReadonlyMap<string, AgentFrom>> {
  const agents = new Map<string, AgentFrom>()
  for (const text of texts) {
    const [written = '', list] = text.split(/=(.*)/s, 2)
    const id = written === '' ? 'default' : written
    if (agents.has(id)) throw new UsageError(`duplicate agent ID ${JSON.stringify(id)} in --ssh`, { hint: 'give each agent a name of its own' })
    const paths = (list ?? '').split(',').filter((path) => path !== '')
    agents.set(id, paths.length === 0 ? ownAgent(id, place) : await readPaths(paths, place))
  }
  return agents
}

function ownAgent(id: string, { env }: AgentPlace): AgentFrom {
  const path = env['SSH_AUTH_SOCK'] ?? ''
  if (path === '') throw new UsageError(`--ssh ${id} lends your ssh agent, and SSH_AUTH_SOCK names none`, { hint: `start one (eval "$(ssh-agent)"; ssh-add), or name a key: --ssh ${id}=KEY` })
  return { kind: 'socket', path }
}

async function readPaths(paths: readonly string[], { workingFolder }: AgentPlace): Promise<AgentFrom> {
  const found = await Promise.all(paths.map((path) => readPath(resolve(workingFolder, path))))
  const keys = found.filter((one) => typeof one !== 'string')
  const [socket, ...more] = found.filter((one) => typeof one === 'string')
  if (socket === undefined) return { kind: 'keys', keys }
  if (keys.length > 0) throw new UsageError(`--ssh: invalid combination of keys and sockets: ${paths.join(',')}`, { hint: HINT })
  if (more.length > 0) throw new UsageError(`--ssh: only single socket allowed: ${paths.join(',')}`, { hint: HINT })
  return { kind: 'socket', path: socket }
}

/** The path itself where it is a socket. */
async function readPath(path: string): Promise<string | AgentKey> {
  try {
    const found = await stat(path)
    if (found.isSocket()) return path
    if (found.size > MAX_KEY_BYTES) throw new UsageError(`--ssh: ${path} is too large for a private key`, { hint: HINT })
    return parsePrivateKey(await readFile(path, 'utf8'), path)
  } catch (error) {
    if (error instanceof PrivateKeyError) throw new UsageError(`--ssh: cannot use ${path}: ${error.message}`, { hint: error.hint ?? HINT, cause: error })
    if (!(error instanceof Error) || !('code' in error)) throw error
    throw new UsageError(`--ssh: cannot read ${path}: ${error.code === 'ENOENT' ? 'no such file or socket' : error.message}`, { hint: HINT, cause: error })
  }
}
