import { suggest } from '../../ground/suggestion.ts'
import type { InstructionNode } from '../syntaxTree.ts'
import { instructionError, notSupported } from './syntax.ts'

/** What an instruction takes before its arguments, by name without the dashes. */
export type FlagTable = ReadonlyMap<string, FlagKind>

/**
 * `text` needs a value, `list` as well and may come again, a `switch` is on without one; `unsupported` is known and
 * refused, but that an `unsupported-switch` may be turned off.
 */
export type FlagKind = 'text' | 'list' | 'switch' | 'unsupported' | 'unsupported-switch'

/** The values of the flags that are there, of a list the last one. @throws DockerfileError on an unknown, repeated, empty or unsupported one */
export function parseFlags(node: InstructionNode, table: FlagTable): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const flag of node.flags) {
    const [name, value] = splitFlag(flag)
    const kind = table.get(name)
    if (kind === undefined) throw unknownFlag(node, name, table)
    if (kind === 'unsupported-switch' && value?.toLowerCase() === 'false') continue
    if (kind === 'unsupported' || kind === 'unsupported-switch') throw notSupported(node, `${node.name.toUpperCase()} --${name}`, HINTS.get(name))
    if (kind !== 'list' && values.has(name)) throw instructionError(node, `duplicate flag specified: --${name}`)
    values.set(name, kind === 'switch' ? parseSwitch(node, name, value) : parseText(node, name, value))
  }
  return values
}

function splitFlag(flag: string): readonly [name: string, value: string | undefined] {
  const equals = flag.indexOf('=')
  return equals < 0 ? [flag.slice(2), undefined] : [flag.slice(2, equals), flag.slice(equals + 1)]
}

/** All values of a `list`, in order. `parseFlags` has found nothing wrong with them. */
export function listFlag({ flags }: InstructionNode, name: string): readonly string[] {
  return flags.filter((flag) => flag.startsWith(`--${name}=`)).map((flag) => flag.slice(name.length + 3))
}

/** The value of a `switch`; undefined where it is not there. */
export function readSwitch(flags: ReadonlyMap<string, string>, name: string): boolean | undefined {
  const value = flags.get(name)
  return value === undefined ? undefined : value === 'true'
}

function parseText(node: InstructionNode, name: string, value: string | undefined): string {
  if (value === undefined) throw instructionError(node, `missing a value on flag: --${name}`, `write --${name}=…`)
  return value
}

function parseSwitch(node: InstructionNode, name: string, value = 'true'): string {
  const text = value.toLowerCase()
  if (text !== 'true' && text !== 'false') throw instructionError(node, `expecting boolean value for flag --${name}, not: ${value}`, `write --${name}, or --${name}=false`)
  return text
}

const HINTS: ReadonlyMap<string, string> = new Map([
])

function unknownFlag(node: InstructionNode, name: string, table: FlagTable): Error {
  const known = [...table].filter(([, kind]) => !kind.startsWith('unsupported')).map(([flag]) => `--${flag}`)
  const all = known.length === 0 ? `${node.name.toUpperCase()} takes no flags` : `${node.name.toUpperCase()} takes ${known.join(', ')}`
  return instructionError(node, `unknown flag: --${name}`, suggest(name, table.keys())?.replace('mean ', 'mean --') ?? all)
}
