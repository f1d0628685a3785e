import { scalar, withEntry } from '../yaml/node.ts'
import { LABELS, PLAIN_TEXTS, TEXTS } from './lists.ts'
import { CPUS, DEVICE_COUNT, DURATION, INTEGER, NUMBER, TEXT, TEXT_BYTES, TOLD_DURATION, TOLD_INTEGER, choice } from './scalars.ts'
import { listOf, record, type Shape } from './shape.ts'

/** What a service asks of GPUs and the like. All there are, where it does not say how many or which. */
export const DEVICE_REQUEST: Shape = record(
  { capabilities: TEXTS, driver: TEXT, count: DEVICE_COUNT, device_ids: TEXTS, options: LABELS },
  { complete: (node) => (node.entries.has('count') || node.entries.has('device_ids') ? node : withEntry(node, 'count', scalar(-1, node.place))) },
)

const UPDATE_CONFIG = record({
  parallelism: TOLD_INTEGER,
  delay: DURATION,
  failure_action: TEXT,
  monitor: DURATION,
  max_failure_ratio: NUMBER,
  order: choice('start-first', 'stop-first'),
})

const GENERIC_RESOURCE = record({ discrete_resource_spec: record({ kind: TEXT, value: TOLD_INTEGER }) })

const LIMITS = record({ cpus: CPUS, memory: TEXT_BYTES, pids: INTEGER })

const RESERVATIONS = record({ cpus: CPUS, memory: TEXT_BYTES, devices: listOf(DEVICE_REQUEST), generic_resources: listOf(GENERIC_RESOURCE) })

/** Compose specification, "Compose Deploy Specification". */
export const DEPLOY: Shape = record(
  {
    mode: TEXT,
    replicas: TOLD_INTEGER,
    labels: LABELS,
    update_config: UPDATE_CONFIG,
    rollback_config: UPDATE_CONFIG,
    resources: record({ limits: LIMITS, reservations: RESERVATIONS }, { dropsEmpty: true }),
    restart_policy: record({ condition: TEXT, delay: TOLD_DURATION, max_attempts: TOLD_INTEGER, window: TOLD_DURATION }),
    placement: record({ constraints: PLAIN_TEXTS, preferences: listOf(record({ spread: TEXT })), max_replicas_per_node: INTEGER }, { dropsEmpty: true }),
    endpoint_mode: TEXT,
  },
  { isNullable: true, absentInJson: new Map([['resources', {}], ['placement', {}]]) },
)

