import type { EngineClient } from '../../driver/driver.ts'
import { startServedEngine } from '../../driver/servedEngine.ts'
import { VERSION } from '../../ground/version.ts'
import { SyscallError } from '../../kit/syscalls/libc.ts'
import { notifySystemd, withoutSystemd } from '../../kit/systemd.ts'
import type { CommandContext } from '../command.ts'
import { EXIT } from '../exitCode.ts'
import type { ServePlan } from './servePlan.ts'
import { shareSockets } from './shareSockets.ts'

/** Starts what is planned, says in one line when it is there, and stays until it ends. @throws EngineUnavailableError; SocketNotSharedError */
export async function runServe(plan: ServePlan, userId: number, context: CommandContext): Promise<number> {
  const { env, stdout, stderr } = context
  const stopping = new AbortController()
  const { root, settings, files, owner, warnings } = plan
  for (const warning of warnings) stderr.write(`warning: ${warning}\n`)
  const engine = startServedEngine({ env: withoutSystemd(env), userId, root, settings, files, onLog: (line) => void stderr.write(`${line}\n`) })
  using _signals = context.claimSignals(() => {
    if (!stopping.signal.aborted) tellStopping(env)
    stopping.abort(new DOMException('got a signal', 'AbortError'))
    engine.stop()
  })
  try {
    await using client = await engine.ready(stopping.signal)
    await shareSockets(settings.listeners, owner)
    stdout.write(`${await describeReady(client, stopping.signal)}\n`)
    notifySystemd(env, 'READY=1')
    const code = await engine.exitCode
    return stopping.signal.aborted || code === 0 ? EXIT.done : EXIT.engineFailed
  } catch (error) {
    if (!stopping.signal.aborted) engine.stop()
    await engine.exitCode.catch(() => undefined)
    if (stopping.signal.aborted) return EXIT.done
    throw error
  }
}

/** It ends, whether that can be told or not. */
function tellStopping(env: CommandContext['env']): void {
  try {
    notifySystemd(env, 'STOPPING=1')
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error
  }
}

async function describeReady(client: EngineClient, signal: AbortSignal): Promise<string> {
  const { addresses } = await client.local.describe({}, { signal })
  const { record } = await client.control.listWorkers({}, { signal })
  const platforms = record.flatMap((worker) => worker.platforms).map(({ OS, Architecture, Variant }) => [OS, Architecture, Variant].filter((part) => part !== '').join('/'))
  const baselines = platforms.filter((platform) => !platforms.some((other) => platform.startsWith(`${other}/`)))
  return `pelago ${VERSION} listens at ${addresses.join(', ')} and builds for ${baselines.join(', ')}`
}
