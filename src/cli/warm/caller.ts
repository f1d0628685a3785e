import type { Socket } from 'node:net'
import { constants } from 'node:os'
import { parseCall, parseWindow, type Call, type Window } from './call.ts'
import type { Send } from './callStreams.ts'
import { followFrames, formatFrame, type Frame } from './frame.ts'

/** Who has a command run here: `pelago-call`, which stands for it where it was called. */
export interface Caller {
  /** Undefined where it went away, or says what is none. */
  readonly call: Promise<Call | undefined>
  readonly send: Send
  /** From now on; what came before is told at once. */
  listen(listener: CallListener): void
  /** A last frame. Resolves when it is out, or never will be. */
  end(kind: string, body?: Uint8Array): Promise<void>
}

export interface CallListener {
  signal(name: NodeJS.Signals): void
  resize(window: Window): void
  input(bytes: Uint8Array): void
  /** It was killed, or its terminal, or its output's reader is gone. */
  gone(): void
}

/** Who connects says at once what is to be done; nobody keeps the process from others by his silence. */
const CALL_MS = 5_000

/** Tells who connected that this process is ready for it. */
export function openCaller(socket: Socket): Caller {
  const call = Promise.withResolvers<Call | undefined>()
  const early: ((listener: CallListener) => void)[] = []
  let listener: CallListener | undefined
  const tell = (what: (listener: CallListener) => void): void => {
    if (listener === undefined) early.push(what)
    else what(listener)
  }
  const onFrame = (frame: Frame): void => {
    if (frame.kind === 'C') {
      socket.setTimeout(0)
      call.resolve(parseCall(frame.body))
    } else {
      tell(toldBy(frame))
    }
  }
  socket.setTimeout(CALL_MS, () => socket.destroy())
  followFrames(socket, onFrame, () => {
    call.resolve(undefined)
    tell((told) => told.gone())
  })
  const send: Send = (kind, body, onSent) => void socket.write(formatFrame(kind, body), () => onSent?.())
  send('R')
  return {
    call: call.promise,
    send,
    listen(next) {
      listener = next
      for (const what of early.splice(0)) what(next)
    },
    end: (kind, body) => new Promise((resolve) => void socket.once('close', resolve).end(formatFrame(kind, body), () => resolve())),
  }
}

const SIGNALS: ReadonlyMap<number, NodeJS.Signals> = new Map((['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((name) => [constants.signals[name], name]))

function toldBy({ kind, body }: Frame): (listener: CallListener) => void {
  switch (kind) {
    case 'S':
      return (listener) => listener.signal(SIGNALS.get(body[0] ?? 0) ?? 'SIGTERM')
    case 'W': {
      const window = parseWindow(body.toString())
      return (listener) => listener.resize(window)
    }
    case 'D':
      return (listener) => listener.input(Buffer.from(body)) // the frame's own bytes are a piece of more
    default:
      return () => undefined
  }
}
