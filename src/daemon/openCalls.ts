import { setTimeout as delay } from 'node:timers/promises'
import type { CallHandler } from '../api/grpc/serverCall.ts'

/** The calls that are being served, so that they can be ended from here. A connection does not always tell: one of TLS whose other end is silent closes its calls late. */
export interface OpenCalls {
  /** The same handler, whose calls are among these. */
  known(handler: CallHandler): CallHandler
  /** Aborts all of them, and resolves when they are over, or have had time enough for that. */
  end(reason: unknown): Promise<void>
}

/** @param afterCall told of each that is over */
export function createOpenCalls(afterCall?: () => void): OpenCalls {
  const open = new Map<AbortController, Promise<void>>()
  return {
    known: (handler) => async (call) => {
      const controller = new AbortController()
      const served = handler({ ...call, signal: AbortSignal.any([call.signal, controller.signal]) })
      open.set(controller, served)
      try {
        await served
      } finally {
        open.delete(controller)
        afterCall?.()
      }
    },
    async end(reason) {
      const calls = [...open.values()]
      for (const controller of open.keys()) controller.abort(reason)
      await Promise.race([Promise.allSettled(calls), delay(PATIENCE_MS, undefined, { ref: false })])
    },
  }
}

/** For containers to end and what a build has done to be noted. */
const PATIENCE_MS = 5000
