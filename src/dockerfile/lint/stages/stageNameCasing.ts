import { buildkitRule } from '../rule.ts'
import { fromWords } from './fromWords.ts'

export const stageNameCasing = buildkitRule('StageNameCasing', 'names of stages are written in lower case', ({ dockerfile }) =>
  dockerfile.stages.flatMap(({ from }) => {
    const { name } = fromWords(from)
    return name === name.toLowerCase() ? [] : [{ message: `the stage name '${name}' is not in lower case`, span: from.span }]
  }),
)
