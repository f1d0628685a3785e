import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Duplex, Readable } from 'node:stream'
import { acceptWebSocket, type WebSocketEnd } from './webSocket.ts'

/** Channels of `v5.channel.k8s.io`: the first byte of each message. */
const STDIN = 0
const STDOUT = 1
const STDERR = 2
const ERROR = 3
/** With the number of the channel behind it. */
const CLOSE = 255

export const EXEC_PROTOCOLS = ['v5.channel.k8s.io'] as const

/** What runs in a pod instead of its own program, with its environment; undefined where its image has no such program. */
export type PodPrograms = (command: readonly string[]) => readonly [string, ...string[]] | undefined

/** `pods/exec`, as the API server and a node's runtime answer it. */
export async function serveExec(request: IncomingMessage, socket: Duplex, command: readonly string[], programs: PodPrograms): Promise<void> {
  const end = acceptWebSocket(request, socket, EXEC_PROTOCOLS)
  if (end === undefined) return
  const argv = programs(command)
  const outcome = argv === undefined ? notFound(command) : ended(await runJoined(end, argv))
  end.send(Buffer.concat([Buffer.from([ERROR]), Buffer.from(JSON.stringify(outcome))]))
  end.close()
}

async function runJoined(end: WebSocketEnd, [file, ...args]: readonly [string, ...string[]]): Promise<number> {
  const child = spawn(file, args, { stdio: 'pipe' })
  child.stdin.on('error', () => undefined) // it may end before its input does
  const input = (async () => {
    for await (const message of end.messages) {
      if (message[0] === STDIN) child.stdin.write(message.subarray(1))
      if (message[0] === CLOSE && message[1] === STDIN) child.stdin.end()
    }
    child.stdin.end()
    child.kill()
  })()
  void input.catch(() => child.kill())
  const pass = async (stream: Readable, channel: number): Promise<void> => {
    for await (const chunk of stream as AsyncIterable<Buffer>) end.send(Buffer.concat([Buffer.from([channel]), chunk]))
  }
  const [[code]] = (await Promise.all([once(child, 'exit'), pass(child.stdout, STDOUT), pass(child.stderr, STDERR)])) as [[number | null], unknown, unknown]
  return code ?? 137
}

function ended(exitCode: number): object {
  if (exitCode === 0) return { metadata: {}, status: 'Success' }
  const message = `command terminated with non-zero exit code: exit status ${exitCode}`
  return { metadata: {}, status: 'Failure', message, reason: 'NonZeroExitCode', details: { causes: [{ reason: 'ExitCode', message: `${exitCode}` }] } }
}

function notFound([program = '']: readonly string[]): object {
  const message = `Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "x": OCI runtime exec failed: exec failed: unable to start container process: exec: ${JSON.stringify(program)}: executable file not found in $PATH`
  return { metadata: {}, status: 'Failure', message, reason: 'InternalError', code: 500 }
}
