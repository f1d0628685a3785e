import type { ComposeProject } from '../composeProject.ts'
import type { Mistake } from '../mistakes.ts'
import { type Node, nodeAt, textAt, textsAt } from '../yaml/node.ts'

/**
 * What a service is built for: `build.platforms`; without these the service's own `platform`, or else that of
 * DOCKER_DEFAULT_PLATFORM. Either of the two must be among `build.platforms`.
 */
export function platformsOf({ environment }: Pick<ComposeProject, 'environment'>, { name, service, build }: { readonly name: string; readonly service: Node; readonly build: Node }, mistakes: Mistake[]): readonly string[] {
  const listed = textsAt(build, 'platforms')
  const usual = environment.get('DOCKER_DEFAULT_PLATFORM') ?? ''
  const own = textAt(service, 'platform')
  const platform = own ?? usual
  if (platform === '') return listed
  if (listed.length === 0) return [platform]
  if (!listed.includes(platform)) {
    const said = own === undefined ? 'DOCKER_DEFAULT_PLATFORM is' : 'its platform is'
    mistakes.push({ place: nodeAt(build, 'platforms')?.place ?? build.place, message: `services.${name}.build.platforms does not have ${platform}: ${said} that`, hint: own === undefined ? 'unset DOCKER_DEFAULT_PLATFORM, or add it here' : 'add it here' })
  }
  return listed
}
