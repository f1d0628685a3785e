import type { Readable, Writable } from 'node:stream'
import { type FlagTable, type FlagValues, parseFlags, type UnsupportedFlag } from './flags/flags.ts'
import { formatHelp } from './flags/help.ts'
import { UsageError } from './flags/usageError.ts'

/** One command: what it takes, and what it does. Its module is cheap to load; what it needs for its work it imports when it works. */
export interface Command {
  /** What stands behind the command's name: `[OPTIONS] PATH`. */
  readonly usage: string
  /** One sentence without a full stop. */
  readonly summary: string
  readonly flags: FlagTable
  /** Exit code. @throws UsageError before anything is started; whatever the work throws */
  invoke(argv: readonly string[], context: CommandContext, signal: AbortSignal): Promise<number>
}

export interface CommandDefinition<T extends FlagTable> {
  readonly usage: string
  readonly summary: string
  readonly flags: T
  /** How many operands it takes, both ends inclusive. */
  readonly operands: readonly [least: number, most: number]
  /** Flags of the peer commands that are refused by name. */
  readonly unsupported?: readonly UnsupportedFlag[]
  readonly stopsAtOperand?: boolean
  run(line: CommandLine<T>, context: CommandContext, signal: AbortSignal): Promise<number>
}

export interface CommandLine<T extends FlagTable> {
  readonly flags: FlagValues<T>
  readonly operands: readonly string[]
  /** As `ParsedLine` has it. */
  readonly beforeDashes: number | undefined
}

/** The world as a command sees it. */
export interface CommandContext {
  /** As the user called it: `pelago image ls`. */
  readonly commandName: string
  readonly env: Readonly<NodeJS.ProcessEnv>
  readonly workingFolder: string
  /** Loaded when it is called: most commands read none. */
  readonly openStdin: () => InputStream
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Name of a builder, or address of an engine, as the user gave it; undefined is the one that `use` chose. */
  readonly builder: string | undefined
  readonly isDebug: boolean
  /** Until disposed, signals go to `handler` instead of ending the command: a container may want them. */
  claimSignals(handler: (name: NodeJS.Signals) => void): Disposable
}

export interface InputStream extends Readable {
  readonly isTTY?: boolean
  setRawMode?(isRaw: boolean): unknown
}

export interface OutputStream extends Writable {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

/** Flags that every command takes, before or behind its name. */
export const GLOBAL_FLAGS = {
  builder: { kind: 'text', value: 'NAME', help: 'Builder to use, or the address of an engine: unix:///path/to/socket, ssh://user@host' },
  debug: { kind: 'switch', short: 'D', help: 'Show what went on where something fails' },
} as const satisfies FlagTable

export function defineCommand<T extends FlagTable>(definition: CommandDefinition<T>): Command {
  const flags: T & typeof GLOBAL_FLAGS = { ...GLOBAL_FLAGS, ...definition.flags }
  const { usage, summary } = definition
  const command: Command = {
    usage,
    summary,
    flags,
    async invoke(argv, context, signal) {
      const line = parseFlags(flags, argv, { ...definition, commandName: context.commandName, env: context.env })
      if (line.wantsHelp) {
        context.stdout.write(formatHelp(context.commandName, command, context.stdout.columns))
        return 0
      }
      checkOperands(definition, line.operands.length, context.commandName)
      const globals = line.flags as FlagValues<typeof GLOBAL_FLAGS>
      const inner = { ...context, builder: globals.builder ?? context.builder, isDebug: globals.debug || context.isDebug }
      return await definition.run(line, inner, signal)
    },
  }
  return command
}

function checkOperands({ operands, usage }: { readonly operands: readonly [number, number]; readonly usage: string }, count: number, commandName: string): void {
  const [least, most] = operands
  if (count >= least && count <= most) return
  const wanted = least === most ? `${least}` : most === Infinity ? `at least ${least}` : `${least} to ${most}`
  const noun = wanted === '1' || wanted === 'at least 1' ? 'argument' : 'arguments'
  throw new UsageError(`${commandName} takes ${wanted} ${noun}, and got ${count}`, { hint: `usage: ${commandName} ${usage} (see ${commandName} --help)` })
}
