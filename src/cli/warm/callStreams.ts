import { Readable, Writable } from 'node:stream'
import { WriteStream } from 'node:tty'
import type { InputStream, OutputStream } from '../command.ts'
import type { Call, Window } from './call.ts'

/** Sends a frame; `onSent` when the other end has room for more. */
export type Send = (kind: string, body?: Uint8Array, onSent?: () => void) => void

/** A command's files, of which the real ones are `pelago-call`'s. */
export interface CallStreams {
  readonly stdin: InputStream
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  /** What was read of stdin; of no length at its end. */
  addInput(bytes: Uint8Array): void
  resize(window: Window): void
}

export function openCallStreams({ terminals: [stdinIs, stdoutIs, stderrIs], window }: Pick<Call, 'terminals' | 'window'>, send: Send): CallStreams {
  const stdin = openInput(stdinIs, send)
  const [stdout, stderr] = [openOutput('O', stdoutIs ? window : undefined, send), openOutput('E', stderrIs ? window : undefined, send)]
  return {
    stdin,
    stdout,
    stderr,
    addInput: (bytes) => void stdin.push(bytes.byteLength === 0 ? null : bytes),
    resize(size) {
      for (const stream of [stdout, stderr]) if (stream.isTTY === true) Object.assign(stream, size).emit('resize')
    },
  }
}

/** Asked for piece by piece: what no command reads stays for who comes after it. A terminal is in nobody's raw mode. */
function openInput(isTerminal: boolean, send: Send): InputStream {
  const stream = new Readable({ read: () => send('I') })
  return isTerminal ? Object.assign(stream, { isTTY: true }) : stream
}

/** With what Node's own stream to a terminal has, where it is one: `window`. */
function openOutput(kind: string, window: Window | undefined, send: Send): OutputStream {
  const write = (bytes: Uint8Array, _encoding: string, done: () => void): void => send(kind, bytes, done)
  const stream = new Writable({ write })
  return window === undefined ? stream : Object.assign(stream, { isTTY: true, ...window, getColorDepth: () => WriteStream.prototype.getColorDepth.call(stream) })
}
