import { constants } from 'node:os'
import { runCommandLine, type Surroundings } from '../dispatch.ts'
import { flush } from '../terminal.ts'
import type { Call } from './call.ts'
import type { Caller } from './caller.ts'
import { openCallStreams, type CallStreams } from './callStreams.ts'

/** What ends this process with the command that it runs: its caller was killed, wants it ended where it stands, or something is broken. */
export type EndProcess = (exitCode: number | undefined) => void

/**
 * Runs the command of `call` as if this process had been started for it. False where it was interrupted: what that leaves
 * behind, a process of its own would have ended with.
 */
export async function performCall(call: Call, caller: Caller, endProcess: EndProcess): Promise<boolean> {
  const streams = openCallStreams(call, caller.send)
  const handlers = new Set<(name: NodeJS.Signals) => void>()
  let wasInterrupted = false
  caller.listen({
    resize: (window) => streams.resize(window),
    input: (bytes) => streams.addInput(bytes),
    gone: () => endProcess(undefined),
    signal(name) {
      wasInterrupted = true
      if (handlers.size === 0) endProcess(128 + constants.signals[name])
      for (const handler of handlers) handler(name)
    },
  })
  resemble(call, streams)
  const surroundings: Surroundings = {
    env: process.env,
    workingFolder: call.folder,
    openStdin: () => streams.stdin,
    stdout: streams.stdout,
    stderr: streams.stderr,
    now: Date.now,
    onSignal(handler) {
      handlers.add(handler)
      return () => void handlers.delete(handler)
    },
    exit: endProcess,
  }
  const exitCode = await runCommandLine(call.argv, surroundings)
  for (const stream of [streams.stdout, streams.stderr]) await flush(stream)
  caller.listen({ resize: () => undefined, input: () => undefined, gone: () => undefined, signal: () => undefined })
  process.chdir('/') // a folder in use could not be unmounted
  await caller.end('X', Uint8Array.of(exitCode)) // who gives way to another process now would lose it
  return !wasInterrupted
}

/** Whether `folder` can be worked in from here. */
export function enterFolder(folder: string): boolean {
  try {
    process.chdir(folder)
    return process.cwd() === folder
  } catch {
    return false
  }
}

/** Gives the process what Node gives one that it starts. */
function resemble({ umask, argv, env }: Call, { stdin, stdout, stderr }: CallStreams): void {
  process.umask(umask)
  process.argv.splice(2, Infinity, ...argv)
  for (const name of Object.keys(process.env)) if (!Object.hasOwn(env, name)) Reflect.deleteProperty(process.env, name)
  Object.assign(process.env, env)
  for (const [name, stream] of Object.entries({ stdin, stdout, stderr })) Object.defineProperty(process, name, { configurable: true, enumerable: true, get: () => stream })
}
