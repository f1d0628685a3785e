import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { runProgram, type ProgramResult } from '../programs/runProgram.ts'
import { saidLines } from '../programs/saidLine.ts'
import { writeConfigArchive } from './configArchive.ts'
import { containerFault, pullFault } from './containerFault.ts'
import type { ContainerProgram } from './containerProgram.ts'
import { CONFIG_FOLDER, createWords, environmentOf, imageOf, stateVolume, type ContainerPlan, type DaemonFacts } from './containerWords.ts'

/** As Docker calls it. */
export type ContainerState = 'absent' | 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'

const STATES: ReadonlySet<string> = new Set<ContainerState>(['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'])

/** Of a container's log. */
const LOG_LINES = 10

/** The commands that a builder's container is made, watched and removed by. @throws EngineUnavailableError with what the program said, each of them; signal.reason */
export interface ContainerCommands {
  state(signal: AbortSignal): Promise<ContainerState>
  /** Makes it of its image, which is pulled first, as buildx does; where that fails, what is there of that name is good enough. */
  create(signal: AbortSignal): Promise<void>
  /** Puts its configuration in, and starts it. */
  start(signal: AbortSignal): Promise<void>
  stop(signal: AbortSignal): Promise<void>
  /** Does nothing where there is none. */
  remove(signal: AbortSignal): Promise<void>
  removeState(signal: AbortSignal): Promise<void>
  /** The last lines it said; none where they cannot be had. */
  lastLines(signal: AbortSignal): Promise<readonly string[]>
}

export interface ContainerCommandsOptions {
  readonly program: ContainerProgram
  readonly plan: ContainerPlan
  readonly files: ReadonlyMap<string, string>
  /** Told before what takes its time. */
  readonly notice: (text: string) => void
}

export function createContainerCommands(options: ContainerCommandsOptions): ContainerCommands {
  const { program, plan: { name } } = options
  const succeed = async (what: string, words: readonly string[], signal: AbortSignal, stdin?: AsyncIterable<Uint8Array>): Promise<ProgramResult> => {
    const result = await runProgram(program, words, signal, stdin)
    if (result.exitCode !== 0) throw containerFault(what, result.said)
    return result
  }
  const state = async (signal: AbortSignal): Promise<ContainerState> => {
    const pattern = `name=^/?${name.replaceAll('.', '\\.')}$`
    const { stdout } = await succeed(`cannot ask ${program.name} for its containers`, ['ps', '--all', '--filter', pattern, '--format', '{{.State}}'], signal)
    return parseState(stdout)
  }
  return {
    state,
    async create(signal) {
      await pull(options, signal)
      options.notice(`creating container ${name}`)
      const daemon = await readDaemonFacts(options.program, signal)
      await using environment = await writeEnvironmentFile(options.plan)
      const { exitCode, said } = await runProgram(program, createWords(options.plan, daemon, environment?.path), signal)
      // Another command may have been the first to make it.
      if (exitCode !== 0 && (await state(signal)) === 'absent') throw containerFault(`cannot create the container ${name}`, said)
    },
    async start(signal) {
      if (options.files.size > 0) await succeed(`cannot put the configuration into the container ${name}`, ['cp', '-', `${name}:${posix.dirname(CONFIG_FOLDER)}`], signal, writeConfigArchive(posix.basename(CONFIG_FOLDER), options.files))
      options.notice(`starting container ${name}`)
      await succeed(`cannot start the container ${name}`, ['start', name], signal)
    },
    stop: async (signal) => void (await succeed(`cannot stop the container ${name}`, ['stop', name], signal)),
    remove: async (signal) => void (await succeed(`cannot remove the container ${name}`, ['rm', '--force', '--volumes', name], signal)),
    removeState: async (signal) => void (await succeed(`cannot remove the volume ${stateVolume(name)}`, ['volume', 'rm', '--force', stateVolume(name)], signal)),
    async lastLines(signal) {
      const { stdout, said } = await runProgram(program, ['logs', '--tail', `${LOG_LINES}`, name], signal)
      return [...saidLines(stdout), ...saidLines(said)].slice(-LOG_LINES)
    },
  }
}

/** Podman has states of its own: `configured` and `initialized` are before a start, `stopping` and `stopped` behind it. */
function parseState(text: string): ContainerState {
  const [state = ''] = text.trim().toLowerCase().split('\n')
  if (state === '') return 'absent'
  if (STATES.has(state)) return state as ContainerState
  return state === 'configured' || state === 'initialized' ? 'created' : 'exited'
}

async function pull({ program, plan, notice }: ContainerCommandsOptions, signal: AbortSignal): Promise<void> {
  const image = imageOf(plan)
  notice(`pulling image ${image}`)
  const { exitCode, said } = await runProgram(program, ['pull', '--quiet', image], signal)
  if (exitCode === 0) return
  const local = await runProgram(program, ['image', 'inspect', '--format', '{{.Id}}', image], signal)
  if (local.exitCode !== 0) throw pullFault(`the image ${JSON.stringify(image)} cannot be pulled`, said)
  notice(`using the image ${image} that is there: ${pullFault('it cannot be pulled', said).message}`)
}

/** What is not known of a daemon is left as it is there. */
async function readDaemonFacts(program: ContainerProgram, signal: AbortSignal): Promise<DaemonFacts> {
  if (program.name !== 'docker') return { cgroupDriver: '', remapsUsers: false }
  const { exitCode, stdout } = await runProgram(program, ['info', '--format', '{{.CgroupDriver}} {{json .SecurityOptions}}'], signal)
  const [cgroupDriver = ''] = stdout.split(' ')
  return exitCode === 0 ? { cgroupDriver, remapsUsers: /name=userns\b/.test(stdout) } : { cgroupDriver: '', remapsUsers: false }
}

interface EnvironmentFile extends AsyncDisposable {
  readonly path: string
}

/** For this user's eyes only; undefined where there are no variables. */
async function writeEnvironmentFile(plan: ContainerPlan): Promise<EnvironmentFile | undefined> {
  const variables = environmentOf(plan)
  if (variables.length === 0) return undefined
  const folder = await mkdtempDisposable(join(tmpdir(), 'pelago-environment-'))
  const path = join(folder.path, 'variables')
  await writeFile(path, variables.map((line) => `${line}\n`).join(''), { mode: 0o600 })
  return { path, [Symbol.asyncDispose]: () => folder.remove() }
}
