import type { Http2Stream } from 'node:http2'
import { encodeFrame } from './frames.ts'

/** Where the messages of one side of a call go. */
export interface MessageOutlet {
  /** Resolves when there is room for more. Several may be under way; they go out in the order of the calls. @throws what `failure` gives where the stream is closed */
  send(message: Uint8Array): Promise<void>
}

export function createMessageOutlet(stream: Http2Stream, failure: () => unknown): MessageOutlet {
  let room: Promise<void> | undefined
  const waitForRoom = (): Promise<void> => {
    room ??= new Promise<void>((resolve) => {
      const done = (): void => {
        stream.off('drain', done).off('close', done)
        room = undefined
        resolve()
      }
      stream.on('drain', done).on('close', done)
    })
    return room
  }
  let isCorked = false
  const gather = (): void => {
    if (isCorked) return
    isCorked = true
    stream.cork()
    process.nextTick(() => {
      isCorked = false
      stream.uncork()
    })
  }
  const assertOpen = (): void => {
    if (stream.destroyed || stream.closed || stream.writableEnded) throw failure()
  }
  return {
    async send(message) {
      assertOpen()
      gather() // small messages of one turn go out together: each write of its own costs more than most of them
      if (stream.write(encodeFrame(message))) return
      await waitForRoom()
      if (stream.destroyed) throw failure()
    },
  }
}
