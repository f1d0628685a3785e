import { styleText } from 'node:util'
import { forLog } from './ci/workflowCommand.ts'
import { type CommandContext, GLOBAL_FLAGS, type InputStream, type OutputStream } from './command.ts'
import { commandsUnder, findCommand } from './commandTable.ts'
import { formatErrorReport } from './errorReport.ts'
import { EXIT, containerExitCodeOf, exitCodeOf } from './exitCode.ts'
import { type FlagTable, parseFlags } from './flags/flags.ts'
import { describeFlags, formatOverview } from './flags/help.ts'
import { usesColor } from './terminal.ts'
import { firstFailure } from '../ground/errors.ts'
import { VERSION } from '../ground/version.ts'

const MAIN_FLAGS = {
  ...GLOBAL_FLAGS,
  version: { kind: 'switch', short: 'v', help: 'Show the version' },
} as const satisfies FlagTable

/** Docker's own, by which its client finds its daemon. */
const DOCKER_FLAGS = [
  ...['host', '-H', 'context', '-c', 'tls', 'tlscacert', 'tlscert', 'tlskey', 'tlsverify'].map((name) => [name, 'there is no daemon; an engine elsewhere is a builder: --builder NAME'] as const),
  ['config', 'logins are read from the folder that DOCKER_CONFIG names'],
  'log-level',
  '-l',
] as const

/** The user, or the system, wants the command to end. */
class InterruptedError extends Error {}

/** What a command line needs of the process, so that a test can hand in its own. */
export interface Surroundings {
  readonly env: Readonly<NodeJS.ProcessEnv>
  readonly workingFolder: string
  readonly openStdin: () => InputStream
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  readonly now: () => number
  /** Calls `handler` for each signal that asks the command to end; gives back how to stop that. */
  onSignal(handler: (name: NodeJS.Signals) => void): () => void
  /** Ends the process at once. */
  exit(code: number): void
}

/** Runs one command line to its end; the exit code. */
export async function runCommandLine(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const abort = new AbortController()
  const signals = new SignalDesk(abort, surroundings)
  const stopListening = surroundings.onSignal((name) => {
    signals.deliver(name)
  })
  const trace = { words: '', isDebug: argv.includes('--debug') || argv.includes('-D'), builder: builderOf(argv) }
  try {
    return await dispatch(argv, { surroundings, signals, trace, signal: abort.signal })
  } catch (thrown) {
    if (abort.signal.aborted) return EXIT.interrupted
    const error = firstFailure(thrown)
    const paint = usesColor(surroundings.stderr, surroundings.env) ? styleText : (_: string, text: string) => text
    surroundings.stderr.write(forLog(formatErrorReport(error, { isDebug: trace.isDebug, paint, enterStep: (step, node) => ['pelago', ...trace.builder, 'debug', ...(node === undefined ? [] : ['--node', node]), step].join(' ') }), surroundings.env))
    return trace.words === 'run' || trace.words === 'debug' ? containerExitCodeOf(error) : exitCodeOf(error)
  } finally {
    stopListening()
  }
}

/** `--builder ADDRESS`, wherever it stands: what the user is told to call next must find the same engine. */
function builderOf(argv: readonly string[]): readonly string[] {
  const at = argv.findIndex((word) => word === '--builder' || word.startsWith('--builder='))
  return at < 0 ? [] : argv.slice(at, argv[at] === '--builder' ? at + 2 : at + 1)
}

/** What a command line is about: its command's words, '' for what is none, and the builder that it names. @throws UsageError */
export function namedCommand(argv: readonly string[], env: Surroundings['env']): { readonly words: string; readonly builder: string | undefined } {
  const { operands } = parseFlags(MAIN_FLAGS, argv, { commandName: 'pelago', unsupported: DOCKER_FLAGS, stopsAtOperand: true })
  const found = findCommand(operands)
  const builder = builderOf(argv).at(-1)?.replace(/^--builder=/, '')
  return { words: found.kind === 'group' ? '' : found.words, builder: builder ?? builderVariable(env) }
}

function builderVariable(env: Surroundings['env']): string | undefined {
  return [env['PELAGO_BUILDER'], env['BUILDX_BUILDER']].find((address) => address !== undefined && address !== '')
}

interface Dispatch {
  readonly surroundings: Surroundings
  readonly signals: SignalDesk
  /** What is known of the call when it fails. */
  readonly trace: { words: string }
  readonly signal: AbortSignal
}

async function dispatch(argv: readonly string[], { surroundings, signals, trace, signal }: Dispatch): Promise<number> {
  const { flags, operands, wantsHelp } = parseFlags(MAIN_FLAGS, argv, { commandName: 'pelago', unsupported: DOCKER_FLAGS, stopsAtOperand: true })
  const { env, stdout, stderr } = surroundings
  if (flags.version) {
    stdout.write(`pelago ${VERSION}\n`)
    return EXIT.done
  }
  const found = findCommand(operands)
  if (found.kind === 'group') {
    const isAsked = wantsHelp || found.rest.some((word) => word === '--help' || word === '-h')
    const stream = isAsked ? stdout : stderr
    stream.write(describeGroup(found.words, stream.columns))
    return isAsked ? EXIT.done : EXIT.usage
  }
  trace.words = found.words
  const command = await found.entry.load()
  const context: CommandContext = {
    ...surroundings,
    commandName: `pelago ${found.words}`,
    builder: flags.builder ?? builderVariable(env),
    isDebug: flags.debug,
    claimSignals: (handler) => signals.claim(handler),
  }
  return await command.invoke(wantsHelp ? ['--help'] : found.rest, context, signal)
}

function describeGroup(words: string, columns: number | undefined): string {
  const commands = { title: 'Commands', rows: commandsUnder(words) }
  if (words !== '') return formatOverview({ name: `pelago ${words}`, usage: 'COMMAND', summary: `Commands for ${words}` }, [commands], columns)
  const summary = 'Build, push and run container images for many architectures, without a daemon'
  const options = { title: 'Options', rows: describeFlags(MAIN_FLAGS) }
  return formatOverview({ name: 'pelago', usage: '[OPTIONS] COMMAND', summary }, [commands, options], columns)
}

/** Who gets a signal: a command that claimed them, else the abort; a second one ends the process where it stands. */
class SignalDesk {
  #claimant: ((name: NodeJS.Signals) => void) | undefined
  readonly #abort: AbortController
  readonly #surroundings: Pick<Surroundings, 'stderr' | 'exit'>

  constructor(abort: AbortController, surroundings: Pick<Surroundings, 'stderr' | 'exit'>) {
    this.#abort = abort
    this.#surroundings = surroundings
  }

  claim(handler: (name: NodeJS.Signals) => void): Disposable {
    this.#claimant = handler
    return {
      [Symbol.dispose]: () => {
        if (this.#claimant === handler) this.#claimant = undefined
      },
    }
  }

  deliver(name: NodeJS.Signals): void {
    if (this.#claimant !== undefined) this.#claimant(name)
    else if (this.#abort.signal.aborted) this.#surroundings.exit(EXIT.interrupted)
    else this.#abort.abort(new InterruptedError(`interrupted by ${name}`))
  }
}
