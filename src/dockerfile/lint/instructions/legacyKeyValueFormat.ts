import { keywordOf } from '../keyword.ts'
import { buildkitRule } from '../rule.ts'

export const legacyKeyValueFormat = buildkitRule('LegacyKeyValueFormat', 'key and value are written with "=" between', ({ dockerfile: { tree }, steps }) => {
  const legacy = new Set(tree.instructions.flatMap(({ args, span }) => (args.kind === 'pairs' && args.isLegacy ? [span] : [])))
  return steps.flatMap(({ instruction }) => {
    if (!legacy.has(instruction.span)) return []
    const name = keywordOf(instruction)
    return [{ message: `"${name} key value" is the old form: write "${name} key=value"`, span: instruction.span }]
  })
})
