import type { Duplex } from 'node:stream'
import { AGENT, FAILURE, packString, splitMessages } from './agentMessage.ts'

/** An ssh agent that signs, as a step is lent it. */
export interface Agent extends AsyncDisposable {
  /** One message there, one back; one at a time. */
  answer(request: Uint8Array): Promise<Uint8Array>
}

/**
 * Answers on `connection` until it ends. Only the keys' names and signatures are given away: whoever is lent an agent can
 * neither add keys, nor take some away, nor lock it.
 */
export async function serveAgent(connection: Duplex, agent: Agent): Promise<void> {
  for await (const request of splitMessages(connection)) {
    const isLent = request[0] === AGENT.requestIdentities || request[0] === AGENT.signRequest
    const answer = isLent ? await agent.answer(request) : FAILURE
    await write(connection, packString(answer))
  }
}

/** Ends when it is on its way. */
async function write(connection: Duplex, bytes: Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    connection.write(bytes, (error) => {
      if (error) reject(error)
      else resolve()
    })
  })
}
