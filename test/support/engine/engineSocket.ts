import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { userInfo, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createSocketDriver } from '../../../src/driver/socketDriver.ts'
import { namespaceArgv } from '../../../src/kit/enterNamespaces.ts'
import { openSubprocess, type Subprocess } from '../../../src/kit/process/subprocess.ts'

/** A program that serves BuildKit's API on a socket of its own folder, which goes with it. */
export interface EngineSocket extends AsyncDisposable {
  /** `unix:///…` */
  readonly address: string
  /** Ends all its processes at once, as a power cut does. */
  kill(): void
}

const ENGINE = fileURLToPath(new URL('../../../src/daemon/main.ts', import.meta.url))
const POLL_MS = 20
const START_MS = 60_000

/** Pelago's engine. */
export function startEngine(): Promise<EngineSocket> {
  const env = environment()
  return start((folder) => namespaceArgv([process.execPath, '--disable-warning=ExperimentalWarning', ENGINE, '--socket', join(folder, 'engine.sock'), '--linger', '600', '--root', join(folder, 'store')], env, userInfo().uid))
}

/** The real buildkitd, in a mount namespace that takes its mounts along. */
export function startBuildkitd(): Promise<EngineSocket> {
  const worker = ['--containerd-worker=false', '--oci-worker-snapshotter=native', '--oci-worker-net=host']
  return start((folder) => ['unshare', '--mount', 'buildkitd', '--addr', `unix://${join(folder, 'engine.sock')}`, '--root', join(folder, 'store'), ...worker])
}

async function start(argv: (folder: string) => readonly [string, ...string[]]): Promise<EngineSocket> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'pelago-engine-'))
  stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  const engine = stack.use(openSubprocess(argv(folder), { cwd: folder, env: environment() }, new AbortController().signal))
  const address = `unix://${join(folder, 'engine.sock')}`
  await answers(address, engine)
  const held = stack.move()
  return { address, kill: () => processesOf(folder).forEach((id) => process.kill(id, 'SIGKILL')), [Symbol.asyncDispose]: () => held.disposeAsync() }
}

/** Those whose arguments name the engine's folder. */
function processesOf(folder: string): readonly number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && argumentsOf(name).includes(folder)).map(Number)
}

/** '' of one that has just ended. */
function argumentsOf(id: string): string {
  try {
    return readFileSync(`/proc/${id}/cmdline`, 'latin1')
  } catch {
    return ''
  }
}

async function answers(address: string, engine: Subprocess): Promise<void> {
  let said = ''
  const read = async (stream: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of stream) said = (said + Buffer.from(chunk).toString()).slice(-10_000)
  }
  void read(engine.stdout) // both end with it; a full pipe would stop it
  void read(engine.stderr)
  const signal = AbortSignal.timeout(START_MS)
  for (;;) {
    try {
      await using client = await createSocketDriver(address).connect(signal)
      await client.control.info({}, { signal })
      return
    } catch {
      if (signal.aborted) throw new Error(`no answer at ${address}: ${said}`)
      await delay(POLL_MS)
    }
  }
}

function environment(): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', HOME: tmpdir() }
}
