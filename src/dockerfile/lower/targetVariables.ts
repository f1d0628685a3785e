import { BuildError } from '../../ground/errors.ts'
import { expand, type EscapeCharacter } from '../words/expand.ts'

/** Variables whose value is another for another target platform, each with what stands for its value on any of them: `lib-*`. */
export type TargetVariables = ReadonlyMap<string, string>

/** Stands for what may have any number of `/` in it, which `*` does not. It is in no path. */
export const ANY_PATH = '\0'

/** The automatic ones. */
export const AUTOMATIC_TARGET_VARIABLES: TargetVariables = new Map([
  ['TARGETPLATFORM', ANY_PATH],
  ['TARGETOS', '*'],
  ['TARGETOSVERSION', '*'],
  ['TARGETARCH', '*'],
  ['TARGETVARIANT', '*'],
])

/** The part of the automatic ones that many platforms do not have. Some forms, such as `${v:+-$v}`, tell an empty value from all others. */
export const EMPTY_TARGET_VARIABLES: TargetVariables = new Map([
  ['TARGETOSVERSION', ''],
  ['TARGETVARIANT', ''],
])

/** What stands for `text` on any target; undefined where that cannot be told, or where it depends on none. */
export function expandForAnyTarget(text: string, env: ReadonlyMap<string, string>, targets: TargetVariables, escape: EscapeCharacter): string | undefined {
  try {
    const { matched } = expand(text, env, { escape })
    if (![...matched].some((name) => targets.has(name))) return undefined
    return expand(text, new Map([...env, ...targets]), { escape }).text
  } catch (error) {
    if (error instanceof BuildError) return undefined // with the real values it is the caller's to report
    throw error
  }
}

/** With `name` set anew, to something that depends on the target or does not. */
export function withTargetVariable(targets: TargetVariables, name: string, standIn: string | undefined): TargetVariables {
  const changed = new Map(targets)
  if (standIn === undefined) changed.delete(name)
  else changed.set(name, standIn)
  return changed
}
