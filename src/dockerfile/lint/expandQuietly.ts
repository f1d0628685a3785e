import { BuildError } from '../../ground/errors.ts'
import { expand, type EscapeCharacter, type Expansion } from '../expand.ts'

/** Undefined where `text` cannot be expanded, which is for the build to report. */
export function expandQuietly(text: string, variables: ReadonlyMap<string, string>, escape: EscapeCharacter): Expansion | undefined {
  try {
    return expand(text, variables, { escape })
  } catch (error) {
    if (error instanceof BuildError) return undefined
    throw error
  }
}
