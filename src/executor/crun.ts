import { readFile } from 'node:fs/promises'
import { openSubprocess } from '../kit/process/subprocess.ts'

/** The OCI runtime, and where it keeps the state of containers. */
export interface Crun {
  /** What every command line begins with. */
  readonly argv: readonly [string, ...string[]]
  /** The folder of a container's state. */
  statePath(id: string): string
  readonly env: Readonly<Record<string, string>>
}

export function createCrun(program: string, stateFolder: string, env: Readonly<Record<string, string>>): Crun {
  const root = `${stateFolder}/crun`
  // no cgroup of its own for each step: crun refuses the layouts of many machines, and a step's limits are rlimits
  return { argv: [program, '--root', root, '--cgroup-manager=disabled'], statePath: (id) => `${root}/${id}`, env }
}

/** Runs a command of the runtime that prints nothing of interest. */
export async function runCrun(crun: Crun, words: readonly string[], signal: AbortSignal): Promise<number> {
  await using child = openSubprocess([...crun.argv, ...words], { cwd: '/', env: crun.env }, signal)
  // not waited for: a container that was created holds the same pipes, and lives on
  for (const stream of [child.stdout, child.stderr]) void drain(stream)
  return await child.exitCode
}

async function drain(source: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const _ of source) void _
  } catch {
    // broken off with the process
  }
}

/** Kills every process of a container and forgets it; does nothing where there is none. */
export async function deleteContainer(crun: Crun, id: string): Promise<void> {
  await runCrun(crun, ['delete', '--force', id], new AbortController().signal) // what undoes is not to be cancelled
}

/** Of a container's first process, as the runtime has it; undefined where there is none. */
export async function readInitPid(crun: Crun, id: string): Promise<number | undefined> {
  const pid = /"pid"\s*:\s*(\d+)/.exec(await readFile(`${crun.statePath(id)}/status`, 'utf8').catch(() => ''))?.[1]
  return pid === undefined ? undefined : Number(pid)
}

/** What the runtime itself had to say; undefined where the container's process was started. */
export async function readCrunError(logPath: string): Promise<string | undefined> {
  const lines = (await readFile(logPath, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '')
  const errors = lines.map(parseLogLine).filter((message) => message !== undefined)
  return errors[0]
}

function parseLogLine(line: string): string | undefined {
  const entry: unknown = JSON.parse(line)
  if (typeof entry !== 'object' || entry === null || !('level' in entry) || !('msg' in entry)) return undefined
  return entry.level === 'error' && typeof entry.msg === 'string' ? entry.msg : undefined
}

/** What crun 1 prints, in the place of the process whose program the kernel refused to execute, on the process's own standard error. */
const LAST_WORDS = '{"msg":"exec container process'

/** Whether what a container prints first may be the runtime's, and not its process's. */
export function isCrunsWords(text: string): boolean {
  return text.startsWith(LAST_WORDS)
}

/** Undefined where it is the process's after all. */
export function parseCrunsWords(text: string): string | undefined {
  try {
    return parseLogLine(text.split('\n', 1)[0]?.trim() ?? '')
  } catch {
    return undefined
  }
}
