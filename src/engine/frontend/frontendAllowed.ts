import { formatRepository, parseReference } from '../../ground/reference.ts'
import { FrontendFailedError } from './frontendFailedError.ts'

/** Whether the operator lets `image` be run as a frontend; undefined `repositories` are all. Its tag does not matter. @throws FrontendFailedError in BuildKit's words */
export function checkFrontendAllowed(image: string, repositories: readonly string[] | undefined): void {
  if (repositories === undefined || repositories.includes(formatRepository(parseReference(image)))) return
  throw notAllowed(image, repositories)
}

export function notAllowed(image: string, repositories: readonly string[]): FrontendFailedError {
  const hint = repositories.length === 0 ? 'the engine runs no frontends that are images' : `the engine runs those of ${repositories.join(', ')}`
  return new FrontendFailedError(`'${image}' is not an allowed gateway source`, { hint: `${hint}: its operator says so in [frontend."gateway.v0"]`, kind: 'denied' })
}
