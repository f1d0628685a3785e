import { BuildError } from '../../ground/errors.ts'
import { expand, type EscapeCharacter, type ExpandOptions, type Expansion } from '../words/expand.ts'

/** Undefined where `text` cannot be expanded, which is for the build to report. */
export function expandQuietly(text: string, variables: ReadonlyMap<string, string>, escape: EscapeCharacter, more: Omit<ExpandOptions, 'escape'> = {}): Expansion | undefined {
  try {
    return expand(text, variables, { ...more, escape })
  } catch (error) {
    if (error instanceof BuildError) return undefined
    throw error
  }
}
