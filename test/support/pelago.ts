import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createSocketDriver } from '../../src/driver/socketDriver.ts'

/** The command as users call it, with a store and a home of its own that go at the end. */
export interface Pelago extends AsyncDisposable {
  /** An empty folder for what a test writes; it goes with the rest. */
  readonly folder: string
  /** What a command sees of the environment. */
  readonly env: Readonly<Record<string, string>>
  /** Whatever comes of it. */
  run(args: readonly string[], options?: RunOptions): Promise<CommandResult>
  /** @throws with all that it printed where the exit code is not 0 */
  succeed(args: readonly string[], options?: RunOptions): Promise<CommandResult>
  /** A build context in a new folder: its absolute path. */
  context(files: ContextFiles): Promise<string>
}

export interface RunOptions {
  readonly input?: string | Uint8Array
  /** On top of the store's own; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
}

export interface CommandResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Content by path. */
export type ContextFiles = Readonly<Record<string, string | Uint8Array>>

const PROGRAM = fileURLToPath(new URL('../../bin/pelago', import.meta.url))
/**
 * Where all tests have their compiled code: in a cache of its own each would compile the command and its engine anew, a
 * third of what a small build computes. Node tells by its key what code is of, and whole files appear in it. What an
 * engine writes there when it ends does not bring a test's home back.
 */
const SHARED_CACHE = fileURLToPath(new URL('../../node_modules/.cache/pelago-tests', import.meta.url))
/** The next command finds the engine there, however slow the machine is; at the end it is stopped. */
const LINGER_SECONDS = 20
const POLL_MS = 20
/** What takes longer hangs, even on a machine that is busy with more than tests: better to see what it has printed. */
const TIMEOUT_MS = 300_000

export async function openPelago(settings: Readonly<Record<string, string>> = {}): Promise<Pelago> {
  const folder = await mkdtemp(join(tmpdir(), 'pelago-test-'))
  const paths = { home: join(folder, 'home'), runtime: join(folder, 'runtime'), work: join(folder, 'work') }
  for (const path of Object.values(paths)) await mkdir(path)
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: paths.home,
    XDG_CACHE_HOME: SHARED_CACHE,
    DOCKER_CONFIG: join(paths.home, '.docker'),
    XDG_RUNTIME_DIR: paths.runtime,
    PELAGO_ROOT: join(folder, 'store'),
    PELAGO_LINGER: `${LINGER_SECONDS}`,
    NO_COLOR: '1',
    ...settings,
  }
  const run = (args: readonly string[], options: RunOptions = {}): Promise<CommandResult> => runCommand([PROGRAM, ...args], { cwd: paths.work, ...options, env: { ...env, ...options.env } })
  return {
    folder: paths.work,
    env,
    run,
    async succeed(args, options) {
      const result = await run(args, options)
      if (result.exitCode !== 0) throw new Error(`pelago ${args.join(' ')} exited with ${result.exitCode}:\n${result.stdout}${result.stderr}`)
      return result
    },
    context: async (files) => await writeContext(await mkdtemp(join(paths.work, 'context-')), files),
    async [Symbol.asyncDispose]() {
      await endEngines(join(paths.runtime, 'pelago'))
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    },
  }
}

/** Runs any program to its end; one that hangs is stopped, and has the exit code -1. */
export async function runCommand(argv: readonly string[], { input, env = process.env, cwd = tmpdir() }: RunOptions = {}): Promise<CommandResult> {
  const [file = '', ...args] = argv
  const child = spawn(file, args, { cwd, env, timeout: TIMEOUT_MS })
  const gather = async (stream: AsyncIterable<Uint8Array>): Promise<string> => {
    const chunks: Uint8Array[] = []
    for await (const chunk of stream) chunks.push(chunk)
    return Buffer.concat(chunks).toString()
  }
  child.stdin.on('error', () => undefined) // a program that does not read all of its input is no failure
  child.stdin.end(input)
  const [stdout, stderr, [code]] = await Promise.all([gather(child.stdout), gather(child.stderr), once(child, 'close') as Promise<[number | null]>])
  return { exitCode: code ?? -1, stdout, stderr }
}

export async function writeContext(folder: string, files: ContextFiles): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, dirname(path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  return folder
}

/** Has the engines of these sockets end now, and waits until they have: they take their sockets away. */
async function endEngines(folder: string): Promise<void> {
  const sockets = async (): Promise<readonly string[]> => (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.sock'))
  const latest = Date.now() + TIMEOUT_MS
  for (const name of await sockets()) await stopEngine(`unix://${join(folder, name)}`)
  while ((await sockets()).length > 0) {
    if (Date.now() > latest) throw new Error(`an engine does not end: see ${folder}`)
    await delay(POLL_MS)
  }
}

async function stopEngine(address: string): Promise<void> {
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  await using engine = await createSocketDriver(address).attach(signal)
  await engine?.local.stop({}, { signal }).catch(() => undefined) // it may go away before its answer is out
}
