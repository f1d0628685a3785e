import { itemsAt, map, type MapNode, type Node, scalar, textAt, withEntry } from '../yaml/node.ts'
import { COMMAND, LABELS, TEXT_OR_TEXTS, VARIABLES } from './lists.ts'
import { BOOLEAN, BYTES, INTEGER, TEXT, TEXT_OR_NUMBER, TOLD_BOOLEAN, TOLD_DURATION, TOLD_INTEGER, choice, integerIn } from './scalars.ts'
import { dictionaryOf, type ListShape, listOf, record, type Shape } from './shape.ts'
import { expandPorts } from './short/ports.ts'
import { deviceMapping, healthTest, nameAlone } from './short/texts.ts'
import { expandVolume } from './short/volumes.ts'

const PORT = record(
  { name: TEXT, mode: TEXT, host_ip: TEXT, target: integerIn(1, 65_535), published: TEXT_OR_NUMBER, protocol: TEXT, app_protocol: TEXT },
  { needed: ['target'], complete: (node) => withFallback(withFallback(node, 'mode', 'ingress'), 'protocol', 'tcp') },
)

export const PORTS: ListShape = listOf(PORT, { expand: expandPorts, keyOf: portKey })

function portKey(item: Node): string {
  const [hostIp, published, target, protocol] = ['host_ip', 'published', 'target', 'protocol'].map((key) => textAt(item, key))
  return `${hostIp ?? '0.0.0.0'}:${published ?? ''}:${target ?? ''}/${protocol ?? 'tcp'}`
}

function withFallback(node: MapNode, key: string, value: string | boolean): MapNode {
  return node.entries.has(key) ? node : withEntry(node, key, scalar(value, node.place))
}

const VOLUME = record(
  {
    type: choice('bind', 'volume', 'tmpfs', 'cluster', 'npipe', 'image'),
    source: TEXT,
    target: TEXT,
    read_only: BOOLEAN,
    consistency: TEXT,
    bind: record({ selinux: choice('z', 'Z'), propagation: TEXT, create_host_path: BOOLEAN, recursive: choice('enabled', 'disabled', 'writable', 'readonly') }),
    volume: record({ labels: LABELS, nocopy: BOOLEAN, subpath: TEXT }),
    tmpfs: record({ size: BYTES, mode: INTEGER }),
    image: record({ subpath: TEXT }),
  },
  { needed: ['type', 'target'] },
)

export const VOLUMES: ListShape = listOf(VOLUME, { expand: (item) => [expandVolume(item)], keyOf: (item) => textAt(item, 'target') ?? '' })

export const DEVICES: ListShape = listOf(record({ source: TEXT, target: TEXT, permissions: TEXT }, { needed: ['source'], short: deviceMapping }), { keyOf: (item) => textAt(item, 'target') ?? '' })

export const HEALTHCHECK: Shape = record({
  test: listOf(TEXT, { from: healthTest, merge: 'replace' }),
  timeout: TOLD_DURATION,
  interval: TOLD_DURATION,
  retries: TOLD_INTEGER,
  start_period: TOLD_DURATION,
  start_interval: TOLD_DURATION,
  disable: BOOLEAN,
})

const HOOK = record({ command: COMMAND, user: TEXT, privileged: BOOLEAN, working_dir: TEXT, environment: VARIABLES }, { needed: ['command'] })

export const HOOKS = listOf(HOOK)

export const DEVELOP: Shape = record(
  {
    watch: listOf(
      record(
        { path: TEXT, action: choice('rebuild', 'sync', 'restart', 'sync+restart', 'sync+exec'), target: TEXT, exec: HOOK, include: TEXT_OR_TEXTS, ignore: TEXT_OR_TEXTS, initial_sync: BOOLEAN },
        { needed: ['path', 'action'] },
      ),
    ),
  },
  { isNullable: true },
)

/** `depends_on`: what is waited for. */
const DEPENDENCY = record(
  { condition: choice('service_started', 'service_healthy', 'service_completed_successfully'), restart: BOOLEAN, required: TOLD_BOOLEAN },
  { needed: ['condition'], complete: (node) => withFallback(node, 'required', true) },
)

export const DEPENDENCIES: Shape = dictionaryOf(DEPENDENCY, {
  fromItem: nameAlone(({ place }) => map([['condition', scalar('service_started', place)], ['required', scalar(true, place)]], place)),
})

const NETWORK_JOINED = record(
  {
    aliases: TEXT_OR_TEXTS,
    driver_opts: dictionaryOf(TEXT_OR_NUMBER),
    gw_priority: INTEGER,
    interface_name: TEXT,
    ipv4_address: TEXT,
    ipv6_address: TEXT,
    link_local_ips: TEXT_OR_TEXTS,
    mac_address: TEXT,
    priority: INTEGER,
  },
  { isNullable: true },
)

export const NETWORKS_JOINED: Shape = dictionaryOf(NETWORK_JOINED, { fromItem: nameAlone(({ place }) => scalar(null, place)) })

export const MODELS_USED: Shape = dictionaryOf(record({ endpoint_var: TEXT, model_var: TEXT }, { isNullable: true }), { fromItem: nameAlone(({ place }) => scalar(null, place)) })

/** Options are merged where both files mean the same driver. */
export const LOGGING: Shape = record(
  { driver: TEXT, options: dictionaryOf(TEXT_OR_NUMBER, { nullIs: '' }) },
  {
    merge: (base, over, mergeInner) => {
      const [before, after] = [textAt(base, 'driver'), textAt(over, 'driver')]
      return before === after || before === undefined || after === undefined ? mergeInner(base, over) : over
    },
  },
)

const WEIGHTS = listOf(record({ path: TEXT, weight: INTEGER }))
const RATES = listOf(record({ path: TEXT, rate: BYTES }))

export const BLKIO: Shape = record({ weight: INTEGER, weight_device: WEIGHTS, device_read_bps: RATES, device_read_iops: RATES, device_write_bps: RATES, device_write_iops: RATES })

/** A value or several for each option; kept as lists. */
export const PROVIDER: Shape = record(
  { type: TEXT, options: dictionaryOf(listOf(TEXT_OR_NUMBER, { from: (node) => (node.kind === 'scalar' ? { kind: 'list', items: [node], place: node.place } : undefined) })) },
  { needed: ['type'] },
)

/** Address ranges: of two for the same subnet, the later one completes the earlier one. */
export const IPAM_RANGES: ListShape = listOf(record({ subnet: TEXT, gateway: TEXT, ip_range: TEXT, aux_addresses: dictionaryOf(TEXT) }), {
  merge: (base, over, mergeInner) => {
    const later = new Map(itemsAt(over).map((item) => [textAt(item, 'subnet'), item]))
    const merged = itemsAt(base).map((item) => {
      const match = later.get(textAt(item, 'subnet'))
      later.delete(textAt(item, 'subnet'))
      return match === undefined ? item : mergeInner(item, match)
    })
    return { kind: 'list', items: [...merged, ...later.values()], place: over.place }
  },
})
