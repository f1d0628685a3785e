import { keywordOf } from '../keyword.ts'
import { buildkitRule } from '../rule.ts'

export const legacyKeyValueFormat = buildkitRule('LegacyKeyValueFormat', 'key and value are written with "=" between', ({ steps }) =>
  steps.flatMap(({ instruction }) => {
    if ((instruction.kind !== 'env' && instruction.kind !== 'label') || !instruction.isLegacy) return []
    const name = keywordOf(instruction)
    return [{ message: `"${name} key value" is the old form: write "${name} key=value"`, span: instruction.span }]
  }),
)
