const SHOWN = 90

/** A step on one line, cut where it is long. */
export function showStep(step: string): string {
  const line = step.replace(/^RUN (?:\|\d+ .*? )?\/bin\/sh -c /, 'RUN ').replace(/\s+/g, ' ').trim()
  if (line === '') return 'a step that the image does not tell'
  return line.length > SHOWN ? `${line.slice(0, SHOWN - 1)}…` : line
}
