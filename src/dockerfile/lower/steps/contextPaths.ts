import { BuildError } from '../../../ground/errors.ts'
import { hasWildcard, matchPath } from '../../../ground/pathMatch.ts'
import { expand, type EscapeCharacter } from '../../words/expand.ts'
import { resolvePath } from '../../../ground/posixPath.ts'
import type { StageState } from '../stageState.ts'
import { ANY_PATH, EMPTY_TARGET_VARIABLES, expandForAnyTarget } from '../targetVariables.ts'

/**
 * What is to be brought from the build context, in words that do not depend on the target platform: `bin/app-$TARGETARCH`
 * becomes `bin/app-*`. So all platforms of a build ask for the same files, and these are read once.
 */
export function contextPathsOf({ env, targetVariables }: StageState, sources: readonly string[], { escape, isDeep }: ContextPathOptions): readonly string[] {
  const cutAtDeep = (path: string): string => (isDeep ? path.replace(/(^|\/)[^/]*\*\*.*$/s, '$1') : path)
  const absent = new Map([...targetVariables].map(([name, standIn]) => [name, EMPTY_TARGET_VARIABLES.get(name) ?? standIn]))
  return sources.flatMap((source) => {
    const exact = resolvePath('/', cutAtDeep(expand(source, env, { escape }).text))
    const general = [targetVariables, absent].flatMap((targets) => expandForAnyTarget(source, env, targets, escape) ?? []).map((standIn) => cutAtAnyPath(cutAtDeep(standIn)))
    return general.some((path) => covers(path, exact)) ? general : [...general, exact]
  })
}

export interface ContextPathOptions {
  readonly escape: EscapeCharacter
  /** Whether `**` stands for any number of folders: all that is in the folder before it is wanted then. */
  readonly isDeep: boolean
}

/** Up to the folder of which no more can be said. */
function cutAtAnyPath(standIn: string): string {
  const path = resolvePath('/', standIn).replace(/\*\*+/g, '*')
  const end = path.indexOf(ANY_PATH)
  return end < 0 ? path : resolvePath('/', path.slice(0, path.lastIndexOf('/', end)))
}

/** Whether who brings `general` brings `exact` too: the same, or more, component by component. */
function covers(general: string, exact: string): boolean {
  if (general === '/') return true
  const components = exact.split('/')
  return general.split('/').every((pattern, index) => {
    const component = components[index]
    return component !== undefined && (pattern === component || (!hasWildcard(component) && isMatch(pattern, component)))
  })
}

function isMatch(pattern: string, name: string): boolean {
  try {
    return matchPath(pattern, name)
  } catch (error) {
    if (error instanceof BuildError) return false
    throw error
  }
}

/** As a local source has them: relative, sorted; none where everything is wanted. */
export function followPathsOf(contextPaths: ReadonlySet<string>): readonly string[] {
  return contextPaths.has('/') ? [] : [...contextPaths].map((path) => path.slice(1)).sort()
}
