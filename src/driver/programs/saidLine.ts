/** Escape sequences of terminals. */
const ESCAPE_SEQUENCE = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])?/g
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g

/** The lines that a program said, without the empty ones, and without what a terminal would obey. */
export function saidLines(said: string): readonly string[] {
  const lines = said.split(/[\n\r]+/).map((line) => line.replace(ESCAPE_SEQUENCE, '').replace(CONTROL, ' ').trim())
  return lines.filter((line) => line !== '')
}

/** The line that tells most: the last that speaks of an error, else the last; '' where nothing was said. */
export function tellingLine(said: string): string {
  const lines = saidLines(said)
  return lines.findLast((line) => /error|fail|cannot|denied/i.test(line)) ?? lines.at(-1) ?? ''
}
