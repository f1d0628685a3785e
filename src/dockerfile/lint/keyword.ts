import type { Instruction } from '../instructions/instruction.ts'

/** As written: `CMD`, `cmd`. */
export function keywordOf({ text }: Instruction): string {
  return text.split(/\s/, 1)[0] ?? ''
}
