import { buildkitRule } from '../rule.ts'

export const noEmptyContinuation = buildkitRule('NoEmptyContinuation', 'an instruction does not go on over an empty line: BuildKit means to refuse that one day', ({ dockerfile }) =>
  dockerfile.tree.emptyContinuations.map((span) => ({ message: 'the instruction goes on over an empty line', span })),
)
