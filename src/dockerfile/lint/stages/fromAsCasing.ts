import { buildkitRule } from '../rule.ts'
import { fromWords } from './fromWords.ts'

export const fromAsCasing = buildkitRule('FromAsCasing', 'FROM and AS are written in the same case', ({ dockerfile }) =>
  dockerfile.stages.flatMap(({ from: instruction }) => {
    const { from, as } = fromWords(instruction)
    return isSameCase(from, as) ? [] : [{ message: `'${as}' is not in the case of '${from}'`, span: instruction.span }]
  }),
)

/** A keyword in mixed case is another rule's matter. */
function isSameCase(from: string, as: string): boolean {
  if (from === from.toLowerCase()) return as === as.toLowerCase()
  return from !== from.toUpperCase() || as === as.toUpperCase()
}
