import { readdir, readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describeEngine, packagedEngine } from '../../../driver/engineProgram.ts'
import { ensureRuntimeFolder } from '../../../driver/runtimeFolder.ts'
import { createSocketDriver } from '../../../driver/socketDriver.ts'
import { BuildError } from '../../../ground/errors.ts'
import type { Environment } from '../../../kit/enterNamespaces.ts'
import type { EngineFacts } from './machineFacts.ts'

/** A lingering engine answers at once. */
const ANSWER_MS = 3_000

export async function examineEngine(env: Environment, uid: number, signal: AbortSignal): Promise<EngineFacts> {
  try {
    const folder = await ensureRuntimeFolder(env, uid)
    const socket = join(folder, `${describeEngine(packagedEngine(), env, uid).key}.sock`)
    const staleSockets = await findStaleSockets(folder)
    const version = await askVersion(socket, signal)
    if (version === undefined) return { kind: 'idle', staleSockets }
    const found = await findProcess(socket)
    return { kind: 'running', socket, version, pid: found?.pid, memoryBytes: found?.memoryBytes, staleSockets }
  } catch (error) {
    if (!(error instanceof BuildError)) throw error
    return { kind: 'homeless', reason: error.message, remedy: error.hint ?? 'set XDG_RUNTIME_DIR to a folder of yours' }
  }
}

/** Undefined where none answers. */
async function askVersion(socket: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    await using engine = await createSocketDriver(`unix://${encodeURI(socket)}`).connect(signal)
    return (await engine.local.describe({}, { signal, timeoutMs: ANSWER_MS })).version
  } catch {
    signal.throwIfAborted()
    return undefined
  }
}

/** Those that nobody listens on: their engines were killed. */
async function findStaleSockets(folder: string): Promise<readonly string[]> {
  const paths = (await readdir(folder)).filter((name) => name.endsWith('.sock')).map((name) => join(folder, name))
  const stale = await Promise.all(paths.map(isStale))
  return paths.filter((_, index) => stale[index])
}

async function isStale(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => resolve(false)).once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
    socket.once('connect', () => socket.destroy())
  })
}

interface EngineProcess {
  readonly pid: number
  readonly memoryBytes: number
}

/** The launcher has the same command line, and is much smaller. */
async function findProcess(socket: string): Promise<EngineProcess | undefined> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(pids.map((pid) => readProcess(pid, socket)))
  return found.filter((process) => process !== undefined).toSorted((a, b) => b.memoryBytes - a.memoryBytes)[0]
}

async function readProcess(pid: string, socket: string): Promise<EngineProcess | undefined> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  if (!commandLine.split('\0').includes(socket)) return undefined
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return { pid: Number(pid), memoryBytes: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024 }
}
