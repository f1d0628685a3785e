import { Duplex } from 'node:stream'
import type { RunningProcess } from '../../executor/executor.ts'

/** The standard input and output of a process as one byte stream; what it says on its standard error goes to `onError`, as it comes. Destroying it ends no process. */
export function createProcessStream(process: Pick<RunningProcess, 'output' | 'write' | 'closeInput'>, onError: (bytes: Uint8Array) => void): Duplex {
  const output = process.output[Symbol.asyncIterator]()
  const stream: Duplex = new Duplex({
    allowHalfOpen: false,
    read: () => void pull().catch((error: unknown) => stream.destroy(toError(error))),
    write: (chunk: Uint8Array, _encoding, done) => {
      process.write(chunk).then(() => done(), (error: unknown) => done(toError(error)))
    },
    final: (done) => {
      process.closeInput()
      done()
    },
  })
  /** Whoever writes errors alone is read on. */
  const pull = async (): Promise<void> => {
    for (;;) {
      const next = await output.next()
      if (next.done !== true && next.value.stream === 'stderr') onError(next.value.bytes)
      else {
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
