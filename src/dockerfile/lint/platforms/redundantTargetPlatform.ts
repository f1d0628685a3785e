import { expandQuietly } from '../expandQuietly.ts'
import { buildkitRule } from '../rule.ts'

export const redundantTargetPlatform = buildkitRule('RedundantTargetPlatform', 'a stage is for the target platform where nothing else is said', ({ dockerfile, scope }) => {
  if (scope === undefined) return []
  return dockerfile.stages.flatMap(({ from: { platform, span } }) => {
    const expansion = expandQuietly(platform ?? '', scope.variables, dockerfile.escape)
    const isTarget = expansion?.matched.size === 1 && expansion.unmatched.size === 0 && expansion.matched.has('TARGETPLATFORM')
    if (!isTarget || expansion.text !== scope.variables.get('TARGETPLATFORM')) return []
    return [{ message: `--platform=${platform ?? ''} can be left out: a stage is for the target platform anyway`, span }]
  })
})
