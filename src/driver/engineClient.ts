import { createClient } from '@connectrpc/connect'
import type { Duplex } from 'node:stream'
import { fromStatus } from '../api/errorMapping.ts'
import { Content } from '../api/gen/content_pb.ts'
import { Control } from '../api/gen/control_pb.ts'
import { LLBBridge } from '../api/gen/gateway_pb.ts'
import { LocalEngine } from '../api/gen/local_pb.ts'
import { openCall } from '../api/grpc/clientCall.ts'
import { openHttp2Client, sessionClosed } from '../api/grpc/http2Connection.ts'
import { createTransport } from '../api/grpc/transport.ts'
import type { EngineClient } from './driver.ts'

/** The engine at the other end of `connection`, which it owns. */
export function createEngineClient(connection: Duplex, { isSameMachine }: { readonly isSameMachine: boolean }): EngineClient {
  const http = openHttp2Client(connection)
  const transport = createTransport(http, fromStatus)
  return {
    control: createClient(Control, transport),
    bridge: createClient(LLBBridge, transport),
    local: createClient(LocalEngine, transport),
    content: createClient(Content, transport),
    isSameMachine,
    openCall: (path, metadata, signal) => openCall(http, path, metadata, signal),
    async [Symbol.asyncDispose]() {
      connection.destroy()
      await sessionClosed(http)
    },
  }
}
