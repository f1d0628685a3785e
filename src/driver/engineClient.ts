import { createClient } from '@connectrpc/connect'
import type { Duplex } from 'node:stream'
import { fromStatus, PeerLostError } from '../api/errorMapping.ts'
import { Content } from '../api/gen/content_pb.ts'
import { Control } from '../api/gen/control_pb.ts'
import { LLBBridge } from '../api/gen/gateway_pb.ts'
import { LocalEngine } from '../api/gen/local_pb.ts'
import { openCall } from '../api/grpc/clientCall.ts'
import { openHttp2Client, sessionBegun, sessionClosed } from '../api/grpc/http2Connection.ts'
import { createTransport } from '../api/grpc/transport.ts'
import { methodPath } from '../api/grpc/serviceRoutes.ts'
import { orAborted } from '../kit/singleFlight.ts'
import { EngineLostError, type EngineClient, type EngineStream } from './driver.ts'

/** `name` is the address of the engine as people write it. */
export type EngineFacts = Omit<EngineStream, 'connection' | 'silenceMs'> & { readonly name?: string }

/** The engine at the other end of `connection`, which it owns. */
export function createEngineClient(connection: Duplex, facts: EngineFacts): EngineClient {
  const http = openHttp2Client(connection)
  const begun = sessionBegun(http)
  begun.catch(() => undefined) // thrown to who asks
  const transport = createTransport(() => http, async (error, path) => {
    const failure = fromStatus(error)
    return failure instanceof PeerLostError ? await describeLoss(failure, path, facts) : failure
  })
  return {
    control: createClient(Control, transport),
    bridge: createClient(LLBBridge, transport),
    local: createClient(LocalEngine, transport),
    content: createClient(Content, transport),
    isSameMachine: facts.isSameMachine,
    begun: (signal) => orAborted(begun, signal),
    openCall: (path, metadata, signal) => openCall(http, path, metadata, signal),
    async [Symbol.asyncDispose]() {
      connection.destroy()
      await sessionClosed(http)
    },
  }
}

/** What an engine does in calls that take their time. */
const ACTIVITIES: ReadonlyMap<string, string> = new Map([
  [methodPath(Control.method.solve), 'building'],
  [methodPath(LLBBridge.method.solve), 'building'],
  [methodPath(Control.method.prune), 'pruning'],
  [methodPath(LocalEngine.method.run), 'running a container'],
])

async function describeLoss(loss: PeerLostError, path: string, { name = 'the engine', whyEnded }: EngineFacts): Promise<EngineLostError> {
  const why = (await whyEnded?.()) ?? ''
  const activity = ACTIVITIES.get(path) ?? `answering ${path.split('/').at(-1) ?? ''}`
  return new EngineLostError({ engine: name, activity, reason: why === '' ? loss.message : why }, { hint: loss.hint, cause: loss })
}
