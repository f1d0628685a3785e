import { splitCsvLine } from '../../ground/csv.ts'
import type { InstructionNode } from '../syntaxTree.ts'
import type { MountFlag } from './instruction.ts'
import { instructionError } from './syntax.ts'

/**
 * A `RUN --mount`, as far as it can be read before variables have values: its fields, and `from`, which takes none.
 * @throws DockerfileError
 */
export function parseMountFlag(node: InstructionNode, text: string): MountFlag {
  const written = splitCsvLine(text)
  if (written === undefined) throw instructionError(node, `failed to parse csv mounts: misplaced quote in ${JSON.stringify(text)}`, 'put the whole option in quotes: \\"target=/a,b\\"')
  const fields = written.map((field) => {
    const equals = field.indexOf('=')
    return { key: (equals < 0 ? field : field.slice(0, equals)).toLowerCase(), value: equals < 0 ? undefined : field.slice(equals + 1), text: field }
  })
  const from = fields.findLast(({ key }) => key === 'from')?.value ?? ''
  if (/\$./.test(from)) throw instructionError(node, "'from' doesn't support variable expansion, define alias stage instead", `write FROM ${from} AS tools before, and from=tools`)
  return { text, fields, from: from === '' ? undefined : from }
}
