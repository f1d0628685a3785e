import type { FromInstruction } from '../../instructions/instruction.ts'

/** The words of a FROM as they are written; '' where there is none. */
export function fromWords({ text, stageName }: FromInstruction): { readonly from: string; readonly as: string; readonly name: string } {
  const words = text.split(/[\t\v\f\r ]+/)
  const [as = '', name = ''] = stageName === '' ? [] : words.slice(-2)
  return { from: words[0] ?? '', as, name }
}
