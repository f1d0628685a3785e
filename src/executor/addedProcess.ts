import { randomBytes } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { openPipedProcess, type RunningChild } from '../kit/process/pipedProcess.ts'
import { readCrunError, readInitPid } from './crun.ts'
import type { Emulation } from './emulation/emulation.ts'
import { ContainerEndedError, type RunningProcess, type TerminalSize } from './executor.ts'
import type { OciProcess } from './ociSpec.ts'
import type { FailedProcess } from './programs/explainFailure.ts'
import { runtimeArgv, type RuntimePrograms } from './runtimeArgv.ts'
import { toStartError } from './startFailure.ts'
import { watchContainer, type WatchableContainer } from './watchedContainer.ts'

/** A container that runs, as far as a process that is added to it needs it. */
export interface HostContainer extends Pick<WatchableContainer, 'process'> {
  readonly id: string
  /** Where its files are while it runs. */
  readonly bundle: string
}

export interface AddedParts {
  readonly oci: OciProcess
  readonly failed: FailedProcess
  readonly terminal: TerminalSize | undefined
}

export interface AddedContext extends RuntimePrograms {
  readonly container: HostContainer
  readonly emulation: Emulation
}

/** Starts a process beside the first one of a container. @throws ContainerEndedError */
export async function openAddedProcess({ oci, failed, terminal }: AddedParts, context: AddedContext, signal: AbortSignal): Promise<RunningProcess> {
  const { crun, container, emulation } = context
  await untilItRuns(context, signal)
  const name = join(container.bundle, randomBytes(3).toString('hex')) // a socket's path has 107 bytes at most: as short as that of the first process's, `console`
  const [specPath, logPath, pidPath] = [`${name}.json`, `${name}.log`, `${name}.pid`]
  await writeFile(specPath, JSON.stringify(oci), { mode: 0o600 })
  let wasStopped = false
  const readPid = async (): Promise<number | undefined> => Number(await readFile(pidPath, 'utf8').catch(() => '')) || undefined
  const stop = async (child: RunningChild): Promise<void> => {
    wasStopped = true
    const pid = await knownPid(readPid, child)
    if (pid === undefined) child.kill('SIGKILL')
    else signalTo(pid, 'SIGKILL') // the runtime then sees it end, and ends itself: else it would stay a zombie
  }
  const argv = runtimeArgv(context, { words: ['exec', '--process', specPath, '--pid-file', pidPath], id: container.id, logPath, socketPath: name, terminal })
  const process = openPipedProcess(argv, { cwd: '/', env: crun.env, input: 'pipe', stop }, signal)
  return runningProcess(
    {
      process,
      async exitCode(abort) {
        const code = await process.exitCode
        abort.throwIfAborted()
        if (wasStopped) return KILLED
        const failure = code === 0 ? undefined : await readCrunError(logPath)
        if (failure !== undefined) throw toStartError(failure, failed)
        return code
      },
      initPid: readPid,
      kill: (signalName) => void readPid().then((pid) => pid !== undefined && signalTo(pid, signalName)),
      async [Symbol.asyncDispose]() {
        await process[Symbol.asyncDispose]()
        for (const path of [specPath, logPath, pidPath]) await rm(path, { force: true })
      },
    },
    { failed, emulation },
    signal,
  )
}

/** 128 + SIGKILL */
const KILLED = 137
const POLL_MS = 10
/** A runtime that is not done with starting a process by then is stuck. */
const LONGEST_START_MS = 5_000

/** Its first process was started a moment ago, perhaps, and is no container's yet. */
async function untilItRuns({ crun, container }: AddedContext, signal: AbortSignal): Promise<void> {
  for (;;) {
    if (container.process.hasExited()) throw new ContainerEndedError()
    if ((await readInitPid(crun, container.id)) !== undefined) return
    await delay(POLL_MS, undefined, { signal })
  }
}

/** The runtime writes it down a moment after the process has begun: killed before, it would leave that running. */
async function knownPid(readPid: () => Promise<number | undefined>, runtime: RunningChild): Promise<number | undefined> {
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    const pid = await readPid()
    if (pid !== undefined || runtime.hasExited() || waitedMs >= LONGEST_START_MS) return pid
    await delay(POLL_MS)
  }
}

/** It may have ended already. */
function signalTo(pid: number, signalName: NodeJS.Signals): void {
  try {
    process.kill(pid, signalName)
  } catch {
    return
  }
}

export interface Watching {
  readonly failed: FailedProcess
  readonly emulation: Emulation
}

/** What a container's process is to whoever started it, who then owns it. */
export function runningProcess(container: WatchableContainer & AsyncDisposable, { failed, emulation }: Watching, signal: AbortSignal): RunningProcess {
  const watched = watchContainer(container, failed, emulation)
  const { process } = container
  const code = watched.exitCode(signal)
  code.catch(() => undefined) // whoever wants it awaits it; until then it is no unhandled rejection
  return {
    output: watched.output,
    write: (bytes) => process.write(bytes),
    closeInput: () => process.closeInput(),
    resize: ({ columns, rows }) => process.writeControl(`${columns}x${rows}\n`),
    kill: (signalName) => container.kill(signalName),
    exitCode: code,
    explain: async (abort) => await watched.explain(await code, abort),
    async [Symbol.asyncDispose]() {
      watched[Symbol.dispose]()
      await container[Symbol.asyncDispose]()
    },
  }
}
