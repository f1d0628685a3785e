import { Duplex } from 'node:stream'
import type { RunningProcess } from '../../executor/executor.ts'

/**
 * The standard input and output of a process as one byte stream; what it says on its standard error goes to `onError`, as
 * it comes. Destroying it ends no process, but what that still says is read, so that it can end by itself.
 */
export function createProcessStream(process: Pick<RunningProcess, 'output' | 'write' | 'closeInput'>, onError: (bytes: Uint8Array) => void): Duplex {
  const output = process.output[Symbol.asyncIterator]()
  let isPulling = false
  const stream: Duplex = new Duplex({
    allowHalfOpen: false,
    read: () => begin(),
    write: (chunk: Uint8Array, _encoding, done) => {
      process.write(chunk).then(() => done(), (error: unknown) => done(toError(error)))
    },
    final: (done) => {
      process.closeInput()
      done()
    },
    destroy: (error, done) => {
      done(error)
      begin()
    },
  })
  const begin = (): void => {
    if (isPulling) return
    isPulling = true
    void pull().catch((error: unknown) => stream.destroy(toError(error)))
  }
  /** Whoever writes errors alone is read on, and so is who writes to nobody. */
  const pull = async (): Promise<void> => {
    for (let next = await output.next(); ; next = await output.next()) {
      if (next.done !== true && next.value.stream === 'stderr') onError(next.value.bytes)
      else if (next.done === true || !stream.destroyed) {
        isPulling = false // before, since whoever reads may ask for more at once
        if (!stream.destroyed) stream.push(next.done === true ? null : next.value.bytes)
        return
      }
    }
  }
  return stream
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
