import { createClient } from '@connectrpc/connect'
import type { ClientHttp2Session } from 'node:http2'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fromStatus, RemoteError, UnsupportedByPeerError } from '../../api/errorMapping.ts'
import { SSH } from '../../api/gen/ssh_pb.ts'
import { openCall } from '../../api/grpc/clientCall.ts'
import { methodPath } from '../../api/grpc/serviceRoutes.ts'
import { createTransport } from '../../api/grpc/transport.ts'
import { createTunnel } from '../../api/tunnel.ts'

/** The ssh agents that a build's client lends: `moby.sshforward.v1.SSH`. */
export interface LentAgents {
  /** Whether the client lends the ssh agent `id`. */
  hasAgent(id: string, signal: AbortSignal): Promise<boolean>
  /** Joins `connection` to the agent until either ends, then destroys it. */
  forwardAgent(id: string, connection: Duplex, signal: AbortSignal): Promise<void>
}

export function createLentAgents(session: () => ClientHttp2Session): LentAgents {
  const agents = createClient(SSH, createTransport(session, fromStatus))
  return {
    async hasAgent(id, signal) {
      try {
        await agents.checkAgent({ ID: id }, { signal })
        return true
      } catch (error) {
        if (error instanceof UnsupportedByPeerError || error instanceof RemoteError) return false // Go's clients have no code of its own for it
        throw error
      }
    },
    async forwardAgent(id, connection, signal) {
      const call = openCall(session(), methodPath(SSH.method.forwardAgent), new Map([['buildkit.ssh.id', [id]]]), signal)
      const tunnel = createTunnel(call)
      try {
        await Promise.all([pipeline(connection, tunnel, { signal }), pipeline(tunnel, connection, { signal })])
      } finally {
        call.cancel()
        tunnel.destroy()
        connection.destroy()
      }
    },
  }
}
