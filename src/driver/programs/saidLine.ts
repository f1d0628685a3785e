import { replaceControls, withoutEscapes } from '../../ground/controlText.ts'

/** The lines that a program said, without the empty ones, and without what a terminal would obey. */
export function saidLines(said: string): readonly string[] {
  const lines = said.split(/[\n\r]+/).map((line) => replaceControls(withoutEscapes(line), ' ').trim())
  return lines.filter((line) => line !== '')
}

/** The line that tells most: the last that speaks of an error, else the last; '' where nothing was said. */
export function tellingLine(said: string): string {
  const lines = saidLines(said)
  return lines.findLast((line) => /error|fail|cannot|denied/i.test(line)) ?? lines.at(-1) ?? ''
}
