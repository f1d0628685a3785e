import type { SourceSpan } from '../../../ground/sourceSpan.ts'
import type { InstructionNode } from '../../syntaxTree.ts'
import { buildkitRule, type Finding } from '../rule.ts'

export const invalidDefinitionDescription = buildkitRule(
  'InvalidDefinitionDescription',
  'a comment right above a stage or an ARG describes it, and begins with its name',
  ({ dockerfile: { tree, stages, globalArgs } }) => {
    const comments = new Map(tree.instructions.map((node) => [node.span, describingComment(node)]))
    const args = [...globalArgs, ...stages.flatMap(({ instructions }) => instructions.flatMap((instruction) => (instruction.kind === 'arg' ? [instruction] : [])))]
    const describe = (keyword: string, names: readonly string[], span: SourceSpan): readonly Finding[] => {
      const comment = comments.get(span)
      if (comment === undefined || names.length === 0 || names.includes(comment.split(' ')[0] ?? '')) return []
      return [{ message: `the comment above ${keyword} is taken for a description: write "# ${names.length > 1 ? '<arg_key>' : (names[0] ?? '')} …", or leave an empty line below it`, span }]
    }
    return [
      ...stages.flatMap(({ from: { stageName, span } }) => describe('FROM', stageName === '' ? [] : [stageName], span)),
      ...args.flatMap(({ args: definitions, span }) => describe('ARG', definitions.map(({ name }) => name), span)),
    ]
  },
  { isExperimental: true },
)

function describingComment({ comments }: InstructionNode): string | undefined {
  return comments.findLast((comment) => !/^check\s*=/.test(comment))
}
