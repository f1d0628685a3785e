import { findNearest } from '../../../ground/suggestion.ts'
import { expandQuietly } from '../expandQuietly.ts'
import { buildkitRule } from '../rule.ts'

export const undefinedArgInFrom = buildkitRule('UndefinedArgInFrom', 'what FROM uses is declared by an ARG before the first FROM', ({ dockerfile, scope }) => {
  if (scope === undefined) return []
  const known = new Set([...scope.variables.keys(), ...dockerfile.globalArgs.flatMap(({ args }) => args.map(({ name }) => name))])
  return dockerfile.stages.flatMap(({ from: { base, platform, span } }) =>
    [base, platform ?? '']
      .flatMap((word) => [...(expandQuietly(word, scope.variables, dockerfile.escape)?.unmatched ?? [])])
      .filter((name) => !known.has(name))
      .map((name) => {
        const nearest = findNearest(name, known)
        return { message: `FROM uses '${name}', and no ARG before it declares that${nearest === undefined ? '' : ` (did you mean ${nearest}?)`}`, span }
      }),
  )
})
