import { BuildError } from '../../../ground/errors.ts'
import { parseReference } from '../../../ground/reference.ts'
import { evaluateGlobalScope, type GlobalScope } from '../../lower/globalScope.ts'
import { expandQuietly } from '../expandQuietly.ts'
import type { LintSubject } from '../lintSubject.ts'
import { buildkitRule } from '../rule.ts'

export const invalidDefaultArgInFrom = buildkitRule('InvalidDefaultArgInFrom', 'the defaults of global ARGs make an image name that is one: the Dockerfile builds without --build-arg', (subject) => {
  const scope = defaultScope(subject)
  if (scope === undefined) return []
  return subject.dockerfile.stages.flatMap(({ from: { base, span } }) => {
    const name = expandQuietly(base, scope.variables, subject.dockerfile.escape)?.text
    return name === undefined || isImageName(name) ? [] : [{ message: `with the defaults of its ARGs, ${base} is ${name === '' ? 'an empty' : 'no'} image name`, span }]
  })
})

/** As where no build argument is given. */
function defaultScope({ dockerfile, request }: LintSubject): GlobalScope | undefined {
  try {
    return evaluateGlobalScope(dockerfile, { ...request, buildArgs: new Map() })
  } catch (error) {
    if (error instanceof BuildError) return undefined
    throw error
  }
}

function isImageName(text: string): boolean {
  try {
    parseReference(text)
    return true
  } catch (error) {
    if (error instanceof BuildError) return false
    throw error
  }
}
