import { splitCsvLine } from '../../ground/csv.ts'
import type { InstructionNode } from '../syntaxTree.ts'
import type { DeviceFlag } from './instruction.ts'
import { instructionError } from './syntax.ts'

const HINT = 'write --device=vendor.com/class=name, or without =name for the first of the class, perhaps with ,required'

/** A `RUN --device`: `vendor.com/class=name[,required]`, the name perhaps as `name=…`. @throws DockerfileError */
export function parseDeviceFlag(node: InstructionNode, text: string): DeviceFlag {
  let name = ''
  let isRequired = false
  for (const field of splitCsvLine(text) ?? []) {
    const [, key = '', value] = /^(name|required)(?:=(.*))?$/is.exec(field) ?? []
    if (key.toLowerCase() === 'required') isRequired = parseRequired(node, value)
    else if (name !== '') throw instructionError(node, `unexpected field '${field}' in --device`, HINT)
    else name = key === '' ? field : (value ?? '')
  }
  if (!/^[\w.-]+\/[\w.-]+(?:=(?:[\w.:-]+|\*))?$/.test(name)) throw instructionError(node, `invalid device name in --device: ${JSON.stringify(name)}`, HINT)
  return { name, isRequired }
}

function parseRequired(node: InstructionNode, value = 'true'): boolean {
  if (value !== 'true' && value !== 'false') throw instructionError(node, `invalid value for required: ${value}`, 'write true or false')
  return value === 'true'
}
