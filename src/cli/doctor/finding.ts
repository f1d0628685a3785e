/** One thing that was looked at, and how it stands. */
export interface Finding {
  /** What was looked at; one or two words. */
  readonly check: string
  /** `fail`: what was asked for cannot be done without it. `warn`: it can, with less. */
  readonly state: 'ok' | 'warn' | 'fail'
  /** What was found, in lower case. */
  readonly detail: string
  /** What to do about it, a command where there is one; undefined where nothing is to be done. */
  readonly remedy: string | undefined
}

export function ok(check: string, detail: string): Finding {
  return { check, state: 'ok', detail, remedy: undefined }
}

/** Whether nothing fails. */
export function isFine(findings: readonly Finding[]): boolean {
  return findings.every(({ state }) => state !== 'fail')
}

const GRAVITY: Readonly<Record<Finding['state'], number>> = { fail: 0, warn: 1, ok: 2 }

/** The bad first; else in the order they had. */
export function worstFirst<F extends Finding>(findings: readonly F[]): readonly F[] {
  return findings.toSorted((a, b) => GRAVITY[a.state] - GRAVITY[b.state])
}

/** As it is told to machines: each field is always there. */
export function describeFinding({ check, state, detail, remedy = '' }: Finding): { readonly check: string; readonly state: Finding['state']; readonly detail: string; readonly remedy: string } {
  return { check, state, detail, remedy }
}
