import { BuildError } from '../../../ground/errors.ts'
import { formatPlace } from '../mistakes.ts'
import type { Place } from '../yaml/node.ts'

/** An env file that cannot be read. Its lines are not shown: they hold secrets. */
export class EnvFileError extends BuildError {
  // as for a Compose file with a mistake: the command line was right
  readonly kind = 'conflict'

  constructor(place: Place, message: string, hint?: string) {
    super(`${formatPlace(place)}: ${message}`, { hint })
  }
}
