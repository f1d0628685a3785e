/** One thing that builds need or are better with, and how this machine stands to it. */
export interface Finding {
  /** What was looked at; one or two words. */
  readonly check: string
  /** `missing`: no build can do without it. `absent`: builds run all the same, with less. */
  readonly state: 'works' | 'absent' | 'missing'
  /** What was found, in lower case. */
  readonly detail: string
  /** What to do about it; undefined where nothing is to be done. */
  readonly remedy: string | undefined
}

/** Whether builds for the machine's own platform can run. */
export function canBuild(findings: readonly Finding[]): boolean {
  return findings.every(({ state }) => state !== 'missing')
}
