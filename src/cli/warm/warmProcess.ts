import { watch } from 'node:fs'
import type { Socket } from 'node:net'
import { dirname } from 'node:path'
import { listenOnSocket } from '../../daemon/listen/socketListener.ts'
import { lingerSeconds } from '../../driver/engineProgram.ts'
import { collectGarbage } from '../../kit/process/frugalNode.ts'
import { openCaller, type Caller } from './caller.ts'
import { formatFrame } from './frame.ts'
import { hasEngine, leaveWarmProcess, tryArrival } from './leaveWarmProcess.ts'
import { enterFolder, performCall, type EndProcess } from './performCall.ts'
import { rehearse } from './rehearse.ts'
import { suitsWarmProcess } from './suitsWarmProcess.ts'

/** After that much memory a process is replaced when its command is over. */
const MAX_RSS_BYTES = 256 * 1024 * 1024
/** How long after a command nothing of it may be left. */
const SETTLE_MS = 200
/** After that the next command is not right behind it. */
const QUIET_MS = 1_000

/**
 * A process of the command that is ready for the next one, as an engine is: takes one at a time from `pelago-call`, at
 * `path`, as if it had been started for it. Ends when none came for as long as an engine would wait, or when the last
 * engine ends, and gives way to a new one when a command was interrupted or has left something behind. Does not return.
 */
export async function beWarmProcess(path: string): Promise<void> {
  const arrival = tryArrival(path)
  if (arrival === undefined) process.exit(0)
  const isRehearsed = await rehearse(process.env)
  let caller: Caller | undefined
  const rest = createRest(path, { end: () => end(undefined), replace: () => replace() })
  const listener = isRehearsed ? await listenOnSocket({ path, folderMode: 0o700 }, onConnection) : undefined
  arrival.remove()
  if (listener === undefined) process.exit(0)

  const end: EndProcess = (exitCode) => {
    void (async () => {
      await listener[Symbol.asyncDispose]()
      if (exitCode !== undefined) await caller?.end('X', Uint8Array.of(exitCode))
      process.exit(0)
    })()
  }
  const replace = async (): Promise<void> => {
    await listener[Symbol.asyncDispose]()
    leaveWarmProcess(path, process.env)
    process.exit(0)
  }

  function onConnection(socket: Socket): void {
    if (caller !== undefined) {
      socket.on('error', () => undefined).end(formatFrame('B')) // it starts a process of its own
      return
    }
    rest.end()
    caller = openCaller(socket)
    void serve(caller).then(async (isReusable) => {
      caller = undefined
      if (!isReusable || process.memoryUsage.rss() > MAX_RSS_BYTES) await replace()
      else rest.begin()
    })
  }

  async function serve(current: Caller): Promise<boolean> {
    const call = await current.call
    if (call === undefined) return true
    if (!(await suitsWarmProcess(call)) || !enterFolder(call.folder)) {
      void current.end('N')
      return true
    }
    current.send('T')
    return await performCall(call, current, end)
  }

  onLastEngineGone(dirname(path), () => caller === undefined && end(undefined))
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => end(undefined))
  process.on('uncaughtException', (error) => {
    caller?.send('E', Buffer.from(`${error.stack ?? String(error)}\n`))
    end(1)
  })
  rest.begin()
}

interface Rest {
  begin(): void
  end(): void
}

/** Between two commands: what one left open, such as a connection that is kept alive, ends with the process; then memory is given back; at last nobody comes any more. */
function createRest(path: string, { end, replace }: { readonly end: () => void; readonly replace: () => Promise<void> }): Rest {
  let usual: number | undefined
  let timer: NodeJS.Timeout | undefined
  const settle = (): void => {
    usual ??= process.getActiveResourcesInfo().length
    if (process.getActiveResourcesInfo().length > usual) void replace()
    else timer = setTimeout(wait, QUIET_MS)
  }
  const wait = (): void => {
    collectGarbage()
    timer = setTimeout(end, hasEngine(dirname(path)) ? lingerSeconds(process.env) * 1000 : 0)
  }
  return {
    begin() {
      clearTimeout(timer)
      timer = setTimeout(settle, SETTLE_MS)
    },
    end: () => clearTimeout(timer),
  }
}

function onLastEngineGone(folder: string, handler: () => unknown): void {
  watch(folder, () => {
    if (!hasEngine(folder)) handler()
  }).on('error', () => undefined) // then it is the time that ends this process
}
