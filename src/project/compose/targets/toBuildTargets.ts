import type { BuildTarget } from '../../buildTarget.ts'
import { type ComposeProject, servicesOf } from '../composeProject.ts'
import { ComposeFileError, type Mistake } from '../mistakes.ts'
import { serviceNamed } from '../model/normalize.ts'
import { noSuchService } from '../model/profiles.ts'
import { entriesAt, type Node, nodeAt, textAt } from '../yaml/node.ts'
import { buildFields } from './buildFields.ts'
import { platformsOf } from './platforms.ts'
import { grantedSecrets } from './secrets.ts'

/** By which Docker Compose tells whose an image is. */
const PROJECT_LABEL = 'com.docker.compose.project'
const SERVICE_LABEL = 'com.docker.compose.service'

/**
 * What builds the services: those that `names` has, whatever their profiles; all that are enabled where it is empty; as
 * far as they have `build`. A service that another one's context is made of comes too. Sorted by name.
 * The project is best loaded with `BUILD_STEPS`, and without a choice of services.
 * @throws InvalidValueError for a service that is not there; ComposeFileError for what cannot be built
 */
export function toBuildTargets(project: ComposeProject, names: readonly string[] = []): readonly BuildTarget[] {
  const services = new Map([...servicesOf(project), ...project.disabled].sort(([a], [b]) => (a < b ? -1 : 1)))
  const wanted = withContextServices(names.length === 0 ? [...servicesOf(project).keys()] : names, services)
  const mistakes: Mistake[] = []
  const targets = [...services].flatMap(([name, service]) => {
    const build = nodeAt(service, 'build')
    return build === undefined || !wanted.has(name) ? [] : [toTarget(project, { name, service, build }, mistakes)]
  })
  if (mistakes.length > 0) throw new ComposeFileError(mistakes)
  return targets
}

/** The image of a service: its own name for it, or that of project and service. */
export function imageOf({ name }: Pick<ComposeProject, 'name'>, serviceName: string, service: Node): string {
  return textAt(service, 'image') ?? `${name}-${serviceName}`
}

function withContextServices(names: readonly string[], services: ReadonlyMap<string, Node>): ReadonlySet<string> {
  const wanted = new Set<string>()
  const want = (name: string): void => {
    if (wanted.has(name)) return
    const service = services.get(name)
    if (service === undefined) throw noSuchService(name, [...services.keys()])
    wanted.add(name)
    for (const context of entriesAt(service, 'build', 'additional_contexts').values()) {
      const other = serviceNamed(textAt(context))
      if (other !== undefined) want(other)
    }
  }
  for (const name of names) want(name)
  return wanted
}

interface BuiltService {
  readonly name: string
  readonly service: Node
  readonly build: Node
}

function toTarget(project: ComposeProject, { name, service, build }: BuiltService, mistakes: Mistake[]): BuildTarget {
  const path = `services.${name}.build`
  mistakes.push(...refusals(build, path))
  const fields = buildFields(build)
  const { secrets, variables } = grantedSecrets(project, build, 'target', { path, mistakes })
  return {
    ...fields,
    name,
    secrets,
    secretVariables: variables,
    labels: new Map([...fields.labels, [PROJECT_LABEL, project.name], [SERVICE_LABEL, name]]),
    tags: [...new Set([...fields.tags, imageOf(project, name, service)])],
    platforms: platformsOf(project, { name, service, build }, mistakes),
  }
}

function refusals(build: Node, path: string): readonly Mistake[] {
  const privileged = nodeAt(build, 'privileged')
  const isolation = nodeAt(build, 'isolation')
  return [
    ...(privileged === undefined ? [] : [{ place: privileged.place, message: `${path}.privileged is not supported`, hint: 'take it away; where a step needs more rights, write RUN --security=insecure in the Dockerfile and entitlements: [security.insecure] here' }]),
    ...(isolation === undefined || textAt(isolation) === 'default' ? [] : [{ place: isolation.place, message: `${path}.isolation is not supported: it is for Windows`, hint: 'take it away' }]),
  ]
}
