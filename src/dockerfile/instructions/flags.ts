import { suggest } from '../suggestion.ts'
import type { InstructionNode } from '../syntaxTree.ts'
import { instructionError, notSupported } from './syntax.ts'

/** What an instruction takes before its arguments, by name without the dashes. */
export type FlagTable = ReadonlyMap<string, FlagKind>

/**
 * `text` needs a value, a `switch` is on without one, `unsupported` is known and refused; a `switch` of BuildKit's that is not supported may at least
 * be turned off.
 */
export type FlagKind = 'text' | 'switch' | 'unsupported' | 'unsupported-switch'

/** The values of the flags that are there. @throws DockerfileError on an unknown, repeated, empty or unsupported one */
export function parseFlags(node: InstructionNode, table: FlagTable): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const flag of node.flags) {
    const equals = flag.indexOf('=')
    const name = flag.slice(2, equals < 0 ? undefined : equals)
    const kind = table.get(name)
    if (kind === undefined) throw unknownFlag(node, name, table)
    if (kind === 'unsupported-switch' && flag.slice(equals + 1).toLowerCase() === 'false') continue
    if (kind !== 'text' && kind !== 'switch') throw notSupported(node, `${node.name.toUpperCase()} --${name}`, HINTS.get(name))
    if (values.has(name)) throw instructionError(node, `duplicate flag specified: --${name}`)
    values.set(name, readValue(node, { name, kind, text: equals < 0 ? undefined : flag.slice(equals + 1) }))
  }
  return values
}

interface WrittenFlag {
  readonly name: string
  readonly kind: 'text' | 'switch'
  /** Undefined where there is no `=`. */
  readonly text: string | undefined
}

function readValue(node: InstructionNode, { name, kind, text }: WrittenFlag): string {
  const value = text ?? (kind === 'switch' ? 'true' : undefined)
  if (value === undefined) throw instructionError(node, `missing a value on flag: --${name}`, `write --${name}=…`)
  if (kind === 'switch' && !/^(?:true|false)$/i.test(value)) throw instructionError(node, `expecting boolean value for flag ${name}, not: ${value}`, 'write true or false')
  return value
}

/** The value of a `switch`; undefined where it is not there. */
export function readSwitch(flags: ReadonlyMap<string, string>, name: string): boolean | undefined {
  const value = flags.get(name)
  return value === undefined ? undefined : value.toLowerCase() === 'true'
}

const HINTS: ReadonlyMap<string, string> = new Map([
  ['mount', 'COPY what the command reads, and let a layer keep what a cache mount would'],
  ['link', 'leave the flag out: the files are the same without it'],
  ['parents', 'write one COPY for each folder'],
  ['exclude', 'name the files in .dockerignore'],
])

function unknownFlag(node: InstructionNode, name: string, table: FlagTable): Error {
  const known = [...table].filter(([, kind]) => kind === 'text' || kind === 'switch').map(([flag]) => `--${flag}`)
  const all = known.length === 0 ? `${node.name.toUpperCase()} takes no flags` : `${node.name.toUpperCase()} takes ${known.join(', ')}`
  return instructionError(node, `unknown flag: --${name}`, suggest(name, table.keys())?.replace('mean ', 'mean --') ?? all)
}
