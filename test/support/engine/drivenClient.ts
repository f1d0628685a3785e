import type { CallOptions } from '@connectrpc/connect'
import type { Duplex } from 'node:stream'
import { tmpdir } from 'node:os'
import { GrpcStatusError, type GrpcStatus } from '../../../src/api/grpc/status.ts'
import { driveBuild, EMPTY_RESULT } from '../../../src/driver/drivenBuild.ts'
import type { BuildRequest, EngineClient } from '../../../src/driver/driver.ts'
import { createEngineClient } from '../../../src/driver/engineClient.ts'
import { createMemoryTree } from '../../../src/driver/session/memoryTree.ts'
import { inSession, solveRequest } from '../../../src/driver/solve.ts'
import { buildRequest } from '../../../src/driver/targets/targetRequest.suite.ts'
import type { ProgressEvent } from '../../../src/progress/progressEvent.ts'

/** A client that drives builds call by call, of any engine. */
export interface DrivenClient extends AsyncDisposable {
  readonly engine: EngineClient
  /** Calls `drive` in a build of its own that exports nothing, and gives what was told of the build. */
  drive(work: (call: DrivenCall) => Promise<void>, change?: Partial<BuildRequest>): Promise<readonly ProgressEvent[]>
}

export interface DrivenCall {
  readonly bridge: EngineClient['bridge']
  /** To be handed to each call. */
  readonly options: CallOptions
}

export function createDrivenClient(connection: Duplex): DrivenClient {
  const engine = createEngineClient(connection, { isSameMachine: false })
  const parts = { openFolder: () => createMemoryTree(new Map()), client: { stdout: process.stdout, env: {}, cwd: tmpdir() } }
  return {
    engine,
    async drive(work, change = {}) {
      const events: ProgressEvent[] = []
      const request = buildRequest(change)
      const signal = new AbortController().signal
      await inSession(parts, { engine, request, sink: (event) => events.push(event) }, signal, async (ref, sessionId, inner) => {
        const drive = async (options: CallOptions): Promise<typeof EMPTY_RESULT> => {
          await work({ bridge: engine.bridge, options })
          return EMPTY_RESULT
        }
        await driveBuild(engine, { ...solveRequest(ref, sessionId, request), Frontend: '' }, drive, inner)
      })
      return events
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  }
}

/** What a call failed with on the wire, without the addresses of code and what only Pelago's own client reads. */
export async function statusOf(call: Promise<unknown>): Promise<{ readonly code: number; readonly message: string; readonly details: readonly string[] } | undefined> {
  const failure = await call.then(
    () => undefined,
    (error: unknown) => grpcStatus(error),
  )
  if (failure === undefined) return undefined
  const details = failure.details.map(({ typeUrl }) => typeUrl.replace(/^.*\//, '')).filter((name) => name.startsWith('errdefs.'))
  return { code: failure.code, message: failure.message, details: [...new Set(details)].toSorted() }
}

function grpcStatus(error: unknown): GrpcStatus {
  if (error instanceof GrpcStatusError) return error.status
  if (error instanceof Error && error.cause !== undefined) return grpcStatus(error.cause)
  throw error
}
