import { once } from 'node:events'
import { connect } from 'node:net'
import { BuildError } from '../../ground/errors.ts'
import type { Agent } from './agent.ts'
import { packString, splitMessages } from './agentMessage.ts'

export class AgentUnavailableError extends BuildError {
  readonly kind = 'unavailable'
}

/** The user's own agent, at its socket. @throws AgentUnavailableError */
export async function openSocketAgent(path: string, signal: AbortSignal): Promise<Agent> {
  const socket = connect({ path, signal })
  try {
    await once(socket, 'connect', { signal })
  } catch (error) {
    signal.throwIfAborted()
    throw new AgentUnavailableError(`cannot reach the ssh agent at ${path}`, { hint: 'does it run, and is SSH_AUTH_SOCK the one of this session?', cause: error })
  }
  socket.on('error', () => undefined) // shows in the answer that does not come
  const answers = splitMessages(socket)
  return {
    async answer(request) {
      socket.write(packString(request))
      const next = await answers.next()
      if (next.done === true) throw new AgentUnavailableError(`the ssh agent at ${path} has closed the connection`)
      return next.value
    },
    async [Symbol.asyncDispose]() {
      socket.destroy()
    },
  }
}
