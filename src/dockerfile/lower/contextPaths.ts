import { BuildError } from '../../ground/errors.ts'
import { hasWildcard, matchPath } from '../../ground/pathMatch.ts'
import { expand, type EscapeCharacter } from '../expand.ts'
import { resolvePath } from '../posixPath.ts'
import type { StageState } from './stageState.ts'

/**
 * What is to be brought from the build context, in words that do not depend on the target platform: `bin/app-$TARGETARCH`
 * becomes `bin/app-*`. So all platforms of a build ask for the same files, and these are read once.
 */
export function contextPathsOf(state: StageState, sources: readonly string[], escape: EscapeCharacter): readonly string[] {
  return sources.flatMap((source) => {
    const exact = resolvePath('/', expand(source, state.env, { escape }).text)
    const general = generalize(state, source, escape)
    if (general === undefined || general === exact) return [exact]
    return covers(general, exact) ? [general] : [general, exact]
  })
}

/** With `*` for what depends on the target; up to the folder before where a value has a `/` in it, and may have more of them elsewhere. */
function generalize(state: StageState, source: string, escape: EscapeCharacter): string | undefined {
  const { matched } = expand(source, state.env, { escape })
  const dependent = [...matched].filter((name) => state.targetVariables.has(name))
  if (dependent.length === 0) return undefined
  const stop = '\0' // in no path
  const values = dependent.map((name): [string, string] => [name, (state.env.get(name) ?? '').includes('/') ? stop : '*'])
  const text = resolvePath('/', expand(source, new Map([...state.env, ...values]), { escape }).text)
  const end = text.indexOf(stop)
  if (end < 0) return text
  return resolvePath('/', text.slice(0, text.lastIndexOf('/', end)))
}

/** Whether who brings `general` brings `exact` too. Where `exact` has wildcards of its own, it must be under a folder of `general`. */
function covers(general: string, exact: string): boolean {
  if (general === '/' || exact.startsWith(`${general}/`)) return true
  try {
    return !hasWildcard(exact) && matchPath(general, exact)
  } catch (error) {
    if (error instanceof BuildError) return false
    throw error
  }
}

/** As a local source has them: relative, sorted; none where everything is wanted. */
export function followPathsOf(contextPaths: ReadonlySet<string>): readonly string[] {
  return contextPaths.has('/') ? [] : [...contextPaths].map((path) => path.slice(1)).sort()
}
