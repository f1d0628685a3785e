import { digestOf } from '../../ground/digest.ts'
import { formatGoJson } from '../../ground/goJson.ts'
import { type ComposeProject, servicesOf } from '../../project/compose/composeProject.ts'
import { noSuchService } from '../../project/compose/model/profiles.ts'
import { jsonForm } from '../../project/compose/schema/jsonForm.ts'
import { SERVICE } from '../../project/compose/schema/serviceShape.ts'
import { type MapNode, type Node, withEntry } from '../../project/compose/yaml/node.ts'

/** What a container need not be made anew for. */
const APART = ['build', 'pull_policy', 'scale', 'depends_on', 'profiles'] as const

/** The hashes by which Docker Compose tells whether a service has changed: the same as its own. `names` has commas between, or is `*`. @throws InvalidValueError */
export function formatHashes(project: ComposeProject, names: string): string {
  const services = servicesOf(project)
  const wanted = names === '*' ? [...services.keys()] : names.split(',')
  return wanted
    .sort()
    .map((name) => {
      const service = services.get(name)
      if (service === undefined) throw noSuchService(name, [...services.keys()])
      return `${name} ${hashOf(service)}\n`
    })
    .join('')
}

function hashOf(service: Node): string {
  const whole = service.kind === 'map' ? APART.reduce<MapNode>((node, key) => withEntry(node, key, undefined), service) : service
  const deploy = whole.kind === 'map' ? whole.entries.get('deploy') : undefined
  const told = whole.kind === 'map' && deploy?.kind === 'map' ? withEntry(whole, 'deploy', withEntry(deploy, 'replicas', undefined)) : whole
  return digestOf(formatGoJson(jsonForm(told, SERVICE), 'compact')).slice('sha256:'.length)
}
