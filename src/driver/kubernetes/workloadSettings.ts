import { InvalidValueError } from '../../ground/errors.ts'
import { parseGoBoolean } from '../../ground/goBoolean.ts'
import { parseDurationNs } from '../../ground/quantity/duration.ts'
import { DEFAULT_IMAGE } from '../programs/defaultImage.ts'
import { parseTolerations, type Toleration } from './tolerations.ts'

/** What the options of a node say of its pods, with buildx's defaults. */
export interface WorkloadSettings {
  readonly image: string
  /** Undefined is that of kubectl's context. */
  readonly namespace: string | undefined
  readonly replicas: number
  readonly isRootless: boolean
  readonly serviceAccount: string | undefined
  readonly scheduler: string | undefined
  readonly nodeSelector: ReadonlyMap<string, string>
  readonly tolerations: readonly Toleration[]
  readonly labels: ReadonlyMap<string, string>
  readonly annotations: ReadonlyMap<string, string>
  /** Kubernetes' own quantities, by `cpu`, `memory`, `ephemeral-storage`. */
  readonly requests: ReadonlyMap<string, string>
  readonly limits: ReadonlyMap<string, string>
  /** Of each pod's own volume for state; undefined where state goes with the pod. */
  readonly claimedStorage: string | undefined
  /** Of a file system in memory for state; undefined where it is on the node's disk. */
  readonly memoryStorage: string | undefined
  /** Image of the container that registers QEMU before the engine starts; undefined where there is none. */
  readonly qemuImage: string | undefined
  readonly env: ReadonlyMap<string, string>
  readonly loadBalance: 'sticky' | 'random'
  readonly timeoutMs: number
}

const DEFAULT_ROOTLESS_IMAGE = `${DEFAULT_IMAGE}-rootless`
const QEMU_IMAGE = 'tonistiigi/binfmt:latest'
const DEFAULT_TIMEOUT = '120s'
const MAX_REPLICAS = 1000

/** @throws InvalidValueError on a value that is none; keys have been looked at */
export function parseWorkloadSettings(options: ReadonlyMap<string, string>): WorkloadSettings {
  const text = (key: string): string | undefined => (options.get(key) === '' ? undefined : options.get(key))
  const isRootless = parseBoolean(options, 'rootless')
  const settings: WorkloadSettings = {
    image: text('image') ?? (isRootless ? DEFAULT_ROOTLESS_IMAGE : DEFAULT_IMAGE),
    namespace: text('namespace'),
    replicas: parseReplicas(text('replicas') ?? '1'),
    isRootless,
    serviceAccount: text('serviceaccount'),
    scheduler: text('schedulername'),
    nodeSelector: parsePairs(options, 'nodeselector'),
    tolerations: parseTolerations(text('tolerations')),
    labels: parsePairs(options, 'labels', 'app'),
    annotations: parsePairs(options, 'annotations', PLATFORM_ANNOTATION),
    requests: parseResources(options, 'requests.'),
    limits: parseResources(options, 'limits.'),
    claimedStorage: parseQuantity(options, 'persistent-volume-claim.requests.storage'),
    memoryStorage: parseQuantity(options, 'buildkit-root-volume-memory'),
    qemuImage: parseBoolean(options, 'qemu.install') ? (text('qemu.image') ?? QEMU_IMAGE) : undefined,
    env: parseEnvironment(options),
    loadBalance: parseLoadBalance(text('loadbalance') ?? 'sticky'),
    timeoutMs: parseTimeout(text('timeout') ?? DEFAULT_TIMEOUT),
  }
  if (settings.claimedStorage !== undefined && settings.memoryStorage !== undefined) throw refuse('buildkit-root-volume-memory', settings.memoryStorage, 'the state is on a volume by persistent-volume-claim.requests.storage, or in memory: leave one of them out')
  return settings
}

/** Says on a pod which platforms its node is for. */
export const PLATFORM_ANNOTATION = 'buildx.docker.com/platform'

function refuse(key: string, value: string, hint: string): InvalidValueError {
  return new InvalidValueError(`--driver-opt ${key} does not take ${JSON.stringify(value)}`, { hint })
}

function parseBoolean(options: ReadonlyMap<string, string>, key: string): boolean {
  const value = options.get(key) ?? 'false'
  const parsed = parseGoBoolean(value)
  if (parsed === undefined) throw refuse(key, value, 'write true or false')
  return parsed
}

function parseReplicas(value: string): number {
  const replicas = /^\d+$/.test(value) ? Number(value) : 0
  if (replicas < 1 || replicas > MAX_REPLICAS) throw refuse('replicas', value, `write a number from 1 to ${MAX_REPLICAS}`)
  return replicas
}

function parseLoadBalance(value: string): 'sticky' | 'random' {
  if (value !== 'sticky' && value !== 'random') throw refuse('loadbalance', value, 'write sticky (the same folder, the same pod) or random')
  return value
}

function parseTimeout(value: string): number {
  try {
    return Number(parseDurationNs(value) / 1_000_000n)
  } catch {
    throw refuse('timeout', value, 'write a duration, such as 120s or 5m')
  }
}

/** `a=b,c=d`, which had to stand in quotes. `reserved` is the key that the driver sets. */
function parsePairs(options: ReadonlyMap<string, string>, key: string, reserved?: string): ReadonlyMap<string, string> {
  const value = (options.get(key) ?? '').replace(/^"+|"+$/g, '')
  const pairs = value === '' ? [] : value.split(',')
  return new Map(
    pairs.map((pair): readonly [string, string] => {
      const [name = '', text, ...rest] = pair.split('=')
      if (name === '' || text === undefined || rest.length > 0) throw refuse(key, value, `write ${key}=NAME=VALUE; several in quotes: --driver-opt '"${key}=A=B,C=D"'`)
      if (name === reserved) throw refuse(key, value, `leave ${name} out: it is set already`)
      return [name, text]
    }),
  )
}

function parseResources(options: ReadonlyMap<string, string>, prefix: 'requests.' | 'limits.'): ReadonlyMap<string, string> {
  const names = ['cpu', 'memory', 'ephemeral-storage']
  return new Map(names.flatMap((name) => {
    const quantity = parseQuantity(options, `${prefix}${name}`)
    return quantity === undefined ? [] : [[name, quantity] as const]
  }))
}

/** Kubernetes API conventions, "Quantity". */
const QUANTITY = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/

function parseQuantity(options: ReadonlyMap<string, string>, key: string): string | undefined {
  const value = options.get(key)
  if (value === undefined || value === '') return undefined
  if (!QUANTITY.test(value)) throw refuse(key, value, key.endsWith('cpu') ? 'write a number of CPUs, such as 2 or 500m' : 'write a size as Kubernetes has them, such as 500Mi or 4G')
  return value
}

const ENV_PREFIX = 'env.'

function parseEnvironment(options: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const named = [...options].filter(([key]) => key.startsWith(ENV_PREFIX)).map(([key, value]) => [key.slice(ENV_PREFIX.length), value] as const)
  const [nameless] = named.filter(([name]) => !/^[A-Za-z_][\w.-]*$/.test(name))
  if (nameless !== undefined) throw refuse(`${ENV_PREFIX}${nameless[0]}`, nameless[1], 'write env.NAME=VALUE')
  return new Map(named)
}
