import type { Socket } from 'node:net'
import { InvalidValueError } from '../../ground/errors.ts'

/** What a warm process and `pelago-call` say to each other; native/call/relay.h has the letters' meaning. */
export interface Frame {
  readonly kind: string
  readonly body: Buffer
}

const HEAD_BYTES = 5
/** A command line with its environment has 2 MiB at most (ARG_MAX). */
const MAX_BODY_BYTES = 8 * 1024 * 1024

export function formatFrame(kind: string, body: Uint8Array = Buffer.alloc(0)): Buffer {
  const frame = Buffer.alloc(HEAD_BYTES + body.byteLength)
  frame.write(kind, 0, 'latin1')
  frame.writeUInt32BE(body.byteLength, 1)
  frame.set(body, HEAD_BYTES)
  return frame
}

/** Takes bytes as they come; gives the frames that are whole with them. The function that it gives throws InvalidValueError on a frame too long. */
export function createFrameReader(): (bytes: Buffer) => readonly Frame[] {
  let rest: Buffer = Buffer.alloc(0)
  return (bytes) => {
    rest = rest.byteLength === 0 ? bytes : Buffer.concat([rest, bytes])
    const frames: Frame[] = []
    for (;;) {
      if (rest.byteLength < HEAD_BYTES) return frames
      const end = HEAD_BYTES + rest.readUInt32BE(1)
      if (end > HEAD_BYTES + MAX_BODY_BYTES) throw new InvalidValueError('a frame is too long')
      if (rest.byteLength < end) return frames
      frames.push({ kind: rest.toString('latin1', 0, 1), body: rest.subarray(HEAD_BYTES, end) })
      rest = rest.subarray(end)
    }
  }
}

/** Calls `onFrame` for each frame of `socket`, and `onEnd` once, when none comes any more. */
export function followFrames(socket: Socket, onFrame: (frame: Frame) => void, onEnd: () => void): void {
  const read = createFrameReader()
  socket.on('data', (bytes: Buffer) => {
    try {
      read(bytes).forEach(onFrame)
    } catch {
      socket.destroy()
    }
  })
  socket.on('error', () => undefined) // what follows says it
  socket.once('close', onEnd)
}
