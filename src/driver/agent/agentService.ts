import { firstValue } from '../../api/grpc/metadata.ts'
import type { ServerCall } from '../../api/grpc/serverCall.ts'
import { GRPC, statusError } from '../../api/grpc/status.ts'
import { createTunnel } from '../../api/tunnel.ts'
import type { AgentFrom } from '../driver.ts'
import { serveAgent } from './agent.ts'
import { createKeyAgent } from './keyAgent.ts'
import { openSocketAgent } from './socketAgent.ts'

/** What `moby.sshforward.v1.SSH` serves of a build's agents. */
export interface AgentService {
  /** @throws GrpcStatusError where there is none of that name */
  checkAgent(id: string): Record<string, never>
  /** Answers as the agent that the call names until the caller has no more to ask. */
  forwardAgent(call: ServerCall): Promise<void>
}

export function createAgentService(agents: ReadonlyMap<string, AgentFrom>): AgentService {
  const find = (id: string): AgentFrom => {
    const from = agents.get(id === '' ? 'default' : id)
    if (from === undefined) throw statusError(GRPC.notFound, `unset ssh forward key ${id}`)
    return from
  }
  return {
    checkAgent(id) {
      find(id)
      return {}
    },
    async forwardAgent(call) {
      const from = find(firstValue(call.metadata, 'buildkit.ssh.id') ?? '')
      await using agent = from.kind === 'socket' ? await openSocketAgent(from.path, call.signal) : createKeyAgent(from.keys)
      const connection = createTunnel({ ...call, closeSend: () => undefined })
      try {
        await serveAgent(connection, agent)
      } finally {
        connection.destroy()
      }
    },
  }
}
