import { BuildError } from '../../ground/errors.ts'

/** A client needs what this frontend does not have. */
export class FrontendCapMissingError extends BuildError {
  readonly kind = 'usage'
  readonly frontendCap: string
  constructor(frontendCap: string, hint = 'use an older client, or a newer engine') {
    super(`unsupported frontend capability ${frontendCap}`, { hint })
    this.frontendCap = frontendCap
  }
}

/** A client asks what this frontend has no answer to. */
export class SubrequestUnknownError extends BuildError {
  readonly kind = 'usage'
  readonly subrequest: string
  constructor(subrequest: string, known: readonly string[]) {
    super(`unsupported request ${subrequest}`, { hint: `there are ${known.join(', ')}` })
    this.subrequest = subrequest
  }
}

const CAPS: ReadonlySet<string> = new Set(['inputs', 'subrequests', 'contexts', 'gitquerystring'].map((name) => `moby.buildkit.frontend.${name}`))
/** Behind a name: a frontend that hands the build on to another needs not have it itself. */
const FORWARD = '+forward'

/** Of the attribute `frontend.caps`. @throws FrontendCapMissingError */
export function checkFrontendCaps(names: readonly string[]): void {
  const missing = names.find((name) => !CAPS.has(name) && !name.endsWith(FORWARD))
  if (missing !== undefined) throw new FrontendCapMissingError(missing)
}
