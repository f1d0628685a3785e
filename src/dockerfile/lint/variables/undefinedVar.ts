import { textOfHeredoc } from '../../heredoc.ts'
import type { StageInstruction } from '../../instructions/instruction.ts'
import { findNearest } from '../../../ground/suggestion.ts'
import { expandQuietly } from '../expandQuietly.ts'
import type { LintedStep, LintSubject } from '../lintSubject.ts'
import { buildkitRule, type Finding } from '../rule.ts'

/** In the instructions whose variables the builder replaces: those of commands are the shell's. */
export const undefinedVar = buildkitRule('UndefinedVar', 'variables are set before they are used', (subject) => subject.steps.flatMap((step) => findUndefined(step, subject)))

/** Arguments that are never variables, declared or not. */
const BUILDER_ARGS: ReadonlySet<string> = new Set(['BUILDKIT_SBOM_SCAN_CONTEXT', 'BUILDKIT_SBOM_SCAN_STAGE'])

function findUndefined({ instruction, before }: LintedStep, { dockerfile, request }: LintSubject): readonly Finding[] {
  const words = instruction.kind === 'arg' ? instruction.args.flatMap(({ name, defaultValue }) => (request.buildArgs.has(name) ? [] : (defaultValue ?? []))) : expandedWords(instruction)
  const expansions = [
    ...words.map((word) => expandQuietly(word, before.env, dockerfile.escape)),
    ...heredocTexts(instruction).map((text) => expandQuietly(text, before.env, '\\', { ignoreQuotes: true })),
  ]
  const names = new Set(expansions.flatMap((expansion) => [...(expansion?.unmatched ?? [])]))
  return [...names]
    .filter((name) => !before.buildArgs.has(name) && !BUILDER_ARGS.has(name))
    .map((name) => {
      const nearest = findNearest(name, before.env.keys())
      return { message: `the variable '$${name}' is not set${nearest === undefined ? '' : ` (did you mean $${nearest}?)`}`, span: instruction.span }
    })
}

/** Of the files that a COPY or ADD writes. */
function heredocTexts(instruction: StageInstruction): readonly string[] {
  return instruction.kind === 'copy' ? instruction.heredocs.filter(({ isExpanded }) => isExpanded).map(textOfHeredoc) : []
}

function expandedWords(instruction: StageInstruction): readonly string[] {
  if (instruction.kind === 'env' || instruction.kind === 'label') return instruction.pairs.flatMap(({ key, value }) => [key, value])
  if (instruction.kind === 'copy') return [...[instruction.chown, instruction.chmod, instruction.checksum].flatMap((word) => word ?? []), ...instruction.excludePatterns, ...instruction.sources, instruction.target]
  if (instruction.kind === 'run') return instruction.mounts.flatMap(({ fields }) => fields.flatMap(({ value }) => value ?? []))
  if (instruction.kind === 'workdir') return [instruction.path]
  if (instruction.kind === 'user') return [instruction.user]
  if (instruction.kind === 'volume') return instruction.paths
  return instruction.kind === 'stopsignal' ? [instruction.signal] : []
}
