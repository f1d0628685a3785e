import { parseArgs } from 'node:util'
import { UsageError } from './usageError.ts'
import { nearest } from '../../ground/nearest.ts'

/** One flag of a command, the source of its parsing and of its line in `--help`. */
export type FlagSpec = SwitchFlag | TextFlag | ListFlag

interface FlagCommon {
  /** One letter, without the dash. */
  readonly short?: string
  /** One sentence without a full stop. */
  readonly help: string
}

/** Of a flag with a value. */
interface ValueFlagCommon extends FlagCommon {
  /** The environment variable that gives the value where the line does not; the empty one gives none. */
  readonly variable?: string
}

export interface SwitchFlag extends FlagCommon {
  readonly kind: 'switch'
  /** On unless `--switch=false` is given. */
  readonly fallback?: true
  /** Undefined where the line does not say, instead of off. */
  readonly isOptional?: true
}

export interface TextFlag extends ValueFlagCommon {
  readonly kind: 'text'
  /** What stands for the value in the help: `PATH`. */
  readonly value: string
  readonly fallback?: string
  readonly choices?: readonly string[]
  /** What it means without a value: another value is then given behind `=` alone. */
  readonly bare?: string
}

/** May be given several times. */
export interface ListFlag extends ValueFlagCommon {
  readonly kind: 'list'
  readonly value: string
  /** Whether one value may hold several, with commas between. */
  readonly splitsCommas?: boolean
}

/** Flags by their long name. */
export type FlagTable = Readonly<Record<string, FlagSpec>>

export type FlagValues<T extends FlagTable> = { readonly [K in keyof T]: FlagValue<T[K]> }

type FlagValue<F extends FlagSpec> = F extends { readonly isOptional: true } ? boolean | undefined : F extends SwitchFlag ? boolean : F extends ListFlag ? readonly string[] : F extends { readonly fallback: string } ? string : string | undefined

export interface ParsedLine<T extends FlagTable> {
  readonly flags: FlagValues<T>
  readonly operands: readonly string[]
  /** How many operands stand before `--`; undefined where there is none, or where it is an operand's own. */
  readonly beforeDashes: number | undefined
  readonly wantsHelp: boolean
}

/** A flag's name, where there is more to say with what to do instead. */
export type UnsupportedFlag = string | readonly [name: string, advice: string]

export interface ParseOptions {
  /** As the user calls it, for messages: `pelago build`. */
  readonly commandName: string
  /** Flags that the peer commands know and this one does not: long names, and `-m` for a short one. */
  readonly unsupported?: readonly UnsupportedFlag[]
  /** For flags with a variable. */
  readonly env?: Readonly<NodeJS.ProcessEnv>
  /** Everything from the first operand on is operands: `run IMAGE CMD --its-own-flag`. */
  readonly stopsAtOperand?: boolean
}

/**
 * Reads a command line as Docker's commands do: `--flag value`, `--flag=value`, `-f value`, `-fvalue`, `-it`,
 * `--switch=false`; a later value of a flag that is not a list wins.
 * @throws UsageError
 */
export function parseFlags<T extends FlagTable>(table: T, argv: readonly string[], options: ParseOptions): ParsedLine<T> {
  const specs: ReadonlyMap<string, FlagSpec> = new Map(Object.entries({ ...table, help: HELP_FLAG }))
  const tokens = tokenize(specs, argv)
  const reading = new LineReading(specs, options)
  const rest = options.stopsAtOperand === true ? tokens.find(({ kind }) => kind === 'positional') : undefined
  for (const token of tokens) {
    if (rest !== undefined && token.index >= rest.index) break
    if (token.kind === 'positional') reading.operands.push(token.value)
    if (token.kind === 'option') reading.takeOption(token)
  }
  if (rest !== undefined) reading.operands.push(...argv.slice(rest.index))
  const dashes = tokens.find(({ kind, index }) => kind === 'option-terminator' && (rest === undefined || index < rest.index))
  const beforeDashes = dashes === undefined ? undefined : tokens.filter(({ kind, index }) => kind === 'positional' && index < dashes.index).length
  return { flags: reading.values(), operands: reading.operands, beforeDashes, wantsHelp: reading.isOn('help') }
}

type Token =
  | { readonly kind: 'positional'; readonly index: number; readonly value: string }
  | { readonly kind: 'option-terminator'; readonly index: number }
  | OptionToken

interface OptionToken {
  readonly kind: 'option'
  readonly index: number
  readonly name: string
  readonly rawName: string
  readonly value: string | undefined
}

function tokenize(specs: ReadonlyMap<string, FlagSpec>, argv: readonly string[]): readonly Token[] {
  const options = Object.fromEntries(
    [...specs].map(([name, spec]) => {
      const standsAlone = spec.kind === 'switch' || (spec.kind === 'text' && spec.bare !== undefined)
      const type: 'boolean' | 'string' = standsAlone ? 'boolean' : 'string'
      return [name, spec.short === undefined ? { type } : { type, short: spec.short }]
    }),
  )
  // Not strict: its messages know neither the nearest flag nor those of the peers, and it refuses `--switch=false`.
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true })
  return tokens
}

class LineReading {
  readonly operands: string[] = []
  readonly #given = new Map<string, string[]>()
  readonly #specs: ReadonlyMap<string, FlagSpec>
  readonly #options: ParseOptions

  constructor(specs: ReadonlyMap<string, FlagSpec>, options: ParseOptions) {
    this.#specs = specs
    this.#options = options
  }

  takeOption({ name, rawName, value }: OptionToken): void {
    const spec = this.#specs.get(name)
    if (spec === undefined || (rawName.startsWith('--') ? rawName !== `--${name}` : spec.short !== rawName.slice(1))) throw this.#unknown(rawName)
    const before = this.#given.get(name) ?? []
    this.#given.set(name, spec.kind === 'list' ? [...before, ...this.#listValues(spec, rawName, value)] : [this.#single(spec, rawName, value)])
  }

  isOn(name: string): boolean {
    return this.#given.get(name)?.at(-1) === 'true'
  }

  /** The types say what `#value` does: each flag's value is of its kind. */
  values<T extends FlagTable>(): FlagValues<T> {
    return Object.fromEntries([...this.#specs].map(([name, spec]) => [name, this.#value(name, spec)])) as FlagValues<T>
  }

  #value(name: string, spec: FlagSpec): boolean | string | readonly string[] | undefined {
    switch (spec.kind) {
      case 'switch':
        return this.#given.has(name) ? this.isOn(name) : spec.isOptional === true ? undefined : spec.fallback === true
      case 'text':
        return (this.#given.get(name) ?? this.#fromVariable(spec))?.at(-1) ?? spec.fallback
      case 'list':
        return this.#given.get(name) ?? this.#fromVariable(spec) ?? []
    }
  }

  #fromVariable(spec: TextFlag | ListFlag): readonly string[] | undefined {
    const value = spec.variable === undefined ? undefined : this.#options.env?.[spec.variable]
    if (spec.variable === undefined || value === undefined || value === '') return undefined
    return spec.kind === 'list' ? this.#listValues(spec, spec.variable, value) : [this.#single(spec, spec.variable, value)]
  }

  #listValues(spec: ListFlag, rawName: string, value: string | undefined): readonly string[] {
    const text = this.#required(rawName, value)
    return spec.splitsCommas === true ? text.split(',').filter((part) => part !== '') : [text]
  }

  #single(spec: SwitchFlag | TextFlag, rawName: string, value: string | undefined): string {
    if (spec.kind === 'switch') return this.#switch(rawName, value)
    const text = value ?? spec.bare ?? this.#required(rawName, value)
    if (spec.choices?.includes(text) === false) {
      throw this.#usage(`invalid value ${JSON.stringify(text)} for ${rawName}`, `choose one of ${spec.choices.join(', ')}`)
    }
    return text
  }

  #switch(rawName: string, value: string | undefined): string {
    if (value === undefined || TRUE.has(value)) return 'true'
    if (FALSE.has(value)) return 'false'
    throw this.#usage(`invalid value ${JSON.stringify(value)} for ${rawName}`, 'it is a switch: leave the value out, or write true or false')
  }

  #required(rawName: string, value: string | undefined): string {
    if (value === undefined) throw this.#usage(`flag needs a value: ${rawName}`, undefined)
    return value
  }

  #unknown(rawName: string): UsageError {
    for (const flag of this.#options.unsupported ?? []) {
      const [name, advice] = typeof flag === 'string' ? [flag, undefined] : flag
      if (name === rawName.replace(/^--/, '')) return this.#usage(`${rawName} is not supported yet`, advice)
    }
    const known = [...this.#specs.keys()].map((name) => `--${name}`)
    const close = rawName.startsWith('--') ? nearest(rawName, known) : undefined
    return this.#usage(`unknown flag: ${rawName}`, close === undefined ? undefined : `did you mean ${close}?`)
  }

  #usage(message: string, advice: string | undefined): UsageError {
    const help = `see ${this.#options.commandName} --help`
    return new UsageError(message, { hint: advice === undefined ? help : `${advice} (${help})` })
  }
}

export const HELP_FLAG: SwitchFlag = { kind: 'switch', short: 'h', help: 'Show this help' }

const TRUE: ReadonlySet<string> = new Set(['true', 'True', 'TRUE', 't', 'T', '1'])
const FALSE: ReadonlySet<string> = new Set(['false', 'False', 'FALSE', 'f', 'F', '0'])
