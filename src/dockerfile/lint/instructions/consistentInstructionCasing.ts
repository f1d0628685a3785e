import { keywordOf } from '../keyword.ts'
import { buildkitRule } from '../rule.ts'

export const consistentInstructionCasing = buildkitRule('ConsistentInstructionCasing', 'all keywords of a Dockerfile are written in the same case', ({ dockerfile: { stages } }) => {
  const all = stages.flatMap(({ from, instructions }) => [from, ...instructions]).map((instruction) => ({ keyword: keywordOf(instruction), span: instruction.span }))
  const lower = all.filter(({ keyword }) => keyword === keyword.toLowerCase()).length
  const upper = all.filter(({ keyword }) => keyword === keyword.toUpperCase()).length
  const isLower = lower > upper
  return all.flatMap(({ keyword, span }) => {
    if (keyword === (isLower ? keyword.toLowerCase() : keyword.toUpperCase())) return []
    return [{ message: `'${keyword}' is not in the case of most keywords here (${isLower ? 'lowercase' : 'uppercase'})`, span }]
  })
})
