import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ProcessStartError, type BindToHost } from '../../executor/executor.ts'
import type { SshMount } from '../../graph/vertex.ts'
import { BuildError } from '../../ground/errors.ts'
import { listenAt } from '../../kit/socketFile.ts'
import type { OpContext } from '../../solver/op.ts'
import type { ClientAgents } from './clientAgents.ts'

export interface AgentDeps {
  readonly agents: ClientAgents
  /** For sockets of steps that run; made where it is missing. */
  readonly socketFolder: string
}

/** A step needs an ssh agent that the client does not lend. */
export class AgentNotFoundError extends BuildError {
  readonly kind = 'not-found'
  readonly agentId: string
  constructor(agentId: string) {
    super(`no SSH key ${JSON.stringify(agentId)} forwarded from the client`, { hint: agentId === 'default' ? 'add --ssh default, with your agent at SSH_AUTH_SOCK' : `add --ssh ${agentId}=KEY, or the socket of an agent` })
    this.agentId = agentId
  }
}

export interface AgentSocket extends AsyncDisposable {
  readonly mount: BindToHost
}

/**
 * A socket whose connections are joined to the client's agent, for as long as this is held. Undefined where the client
 * lends none and the step can do without. @throws AgentNotFoundError
 */
export async function openAgentSocket({ agentId, isOptional, target, uid, gid, mode }: SshMount, { agents, socketFolder }: AgentDeps, context: OpContext, signal: AbortSignal): Promise<AgentSocket | undefined> {
  if (!(await agents.hasAgent(context.sessionId, agentId, signal))) {
    if (isOptional) return undefined
    throw new AgentNotFoundError(agentId)
  }
  await mkdir(socketFolder, { recursive: true, mode: 0o700 })
  const path = join(socketFolder, randomUUID())
  const ended = new AbortController()
  const both = AbortSignal.any([signal, ended.signal])
  const server = await listenAt(path, { uid, gid, mode }, (connection) => {
    connection.on('error', () => undefined) // ends it, and with it the forwarding
    agents.forwardAgent(context.sessionId, agentId, connection, both).catch(() => connection.destroy()) // the step sees an agent that is gone
  }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error
    throw new ProcessStartError(`cannot give ${target} to ${uid}:${gid}: the id is not mapped here`, { hint: 'give your user a range in /etc/subuid and /etc/subgid, or leave uid and gid out' })
  })
  return {
    mount: { kind: 'bind', source: path, target, readonly: false },
    async [Symbol.asyncDispose]() {
      ended.abort(new DOMException('the step is over', 'AbortError'))
      await server[Symbol.asyncDispose]()
    },
  }
}
