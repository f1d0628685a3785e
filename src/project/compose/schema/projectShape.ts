import { entriesAt, type MapNode, scalar, withEntry } from '../yaml/node.ts'
import { IPAM_RANGES } from './containerShapes.ts'
import { DRIVER_OPTIONS, LABELS, named, PLAIN_TEXTS, TEXT_OR_TEXTS } from './lists.ts'
import { BOOLEAN, INTEGER, TEXT, TOLD_BOOLEAN } from './scalars.ts'
import { dictionaryOf, listOf, record, type RecordShape, type Shape } from './shape.ts'
import { SERVICE } from './serviceShape.ts'
import { shortFor } from './short/texts.ts'

/** `true`, or the older form with a name in it. */
const EXTERNAL: Shape = record({ name: TEXT }, { short: (node) => (BOOLEAN.read(node.value ?? '') === undefined ? undefined : { ...node, value: BOOLEAN.read(node.value ?? '') ?? false }) })

/** `external: {name: X}` says `external: true` and `name: X`. */
function withExternalName(node: MapNode): MapNode {
  const external = node.entries.get('external')
  if (external?.kind !== 'map') return external?.kind === 'scalar' && external.value === false ? withEntry(node, 'external', undefined) : node
  const name = entriesAt(external).get('name')
  return withEntry(name === undefined || node.entries.has('name') ? node : withEntry(node, 'name', name), 'external', scalar(true, external.place))
}

const NETWORK = record(
  {
    name: TEXT,
    driver: TEXT,
    driver_opts: DRIVER_OPTIONS,
    ipam: record({ driver: TEXT, config: IPAM_RANGES, options: dictionaryOf(TEXT) }, { dropsEmpty: true }),
    external: EXTERNAL,
    internal: BOOLEAN,
    attachable: BOOLEAN,
    labels: LABELS,
    enable_ipv4: TOLD_BOOLEAN,
    enable_ipv6: TOLD_BOOLEAN,
  },
  { isNullable: true, complete: withExternalName, absentInJson: new Map([['ipam', {}]]) },
)

const VOLUME = record({ name: TEXT, driver: TEXT, driver_opts: DRIVER_OPTIONS, external: EXTERNAL, labels: LABELS }, { isNullable: true, complete: withExternalName })

const SECRET = record(
  { name: TEXT, file: TEXT, environment: TEXT, external: EXTERNAL, labels: LABELS, driver: TEXT, driver_opts: DRIVER_OPTIONS, template_driver: TEXT },
  { complete: withExternalName },
)

const CONFIG = record({ name: TEXT, file: TEXT, environment: TEXT, content: TEXT, external: EXTERNAL, labels: LABELS, template_driver: TEXT }, { complete: withExternalName })

const MODEL = record({ name: TEXT, model: TEXT, context_size: INTEGER, runtime_flags: PLAIN_TEXTS }, { needed: ['model'] })

const INCLUDE = listOf(
  record({ path: TEXT_OR_TEXTS, env_file: TEXT_OR_TEXTS, project_directory: TEXT }, { needed: ['path'], short: shortFor('path') }),
)

/** A Compose file as a whole. Compose specification, "Compose file". */
export const PROJECT: RecordShape = record({
  version: TEXT,
  name: TEXT,
  include: INCLUDE,
  services: named(SERVICE),
  networks: named(NETWORK),
  volumes: named(VOLUME),
  secrets: named(SECRET),
  configs: named(CONFIG),
  models: named(MODEL),
})

