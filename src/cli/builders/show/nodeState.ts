import type { CDIDevice, GCPolicy } from '../../../api/gen/worker_pb.ts'
import type { Builder, BuilderNode } from '../../../driver/builders/builder.ts'
import type { Driver, EngineClient } from '../../../driver/driver.ts'
import { openNodeDriver } from '../../../driver/nodeDriver.ts'
import { BuildError } from '../../../ground/errors.ts'
import { formatPlatform, normalizePlatform, type Platform } from '../../../ground/platform.ts'
import type { CommandContext } from '../../command.ts'
import { NodeSilentError, withinTime } from '../withinTime.ts'

/** A builder as it was found. */
export interface BuilderState {
  readonly builder: Builder
  readonly isCurrent: boolean
  readonly nodes: readonly NodeState[]
}

export interface NodeState {
  readonly node: BuilderNode
  /** `stopped` has a place that is kept, such as a container; `inactive` has none, or does not answer. */
  readonly status: 'running' | 'inactive' | 'stopped' | 'error'
  /** Why its engine cannot be asked, and what to do about that; '' where nothing is wrong. */
  readonly error: string
  readonly hint: string
  /** '' where no engine was asked. */
  readonly version: string
  readonly platforms: readonly NodePlatform[]
  readonly labels: Readonly<Record<string, string>>
  readonly policies: readonly GCPolicy[]
  readonly devices: readonly CDIDevice[]
}

export interface NodePlatform {
  readonly platform: string
  readonly isGiven: boolean
  /** `unknown` where the engine does not say: a buildkitd, of other machines' platforms. */
  readonly runs: 'natively' | 'emulated' | 'unknown'
}

/** How long a node may take to say what it is, in milliseconds. */
interface AskOptions extends Pick<CommandContext, 'env'> {
  readonly limitMs: number
}

/** Asks the engine of a node what it is and runs. An embedded one that does not run is started for that, and ends again; no other is. */
export async function readNodeState(node: BuilderNode, { env, limitMs }: AskOptions, signal: AbortSignal): Promise<NodeState> {
  try {
    return { ...unasked(node), ...(await withinTime(node, limitMs, signal, (inner) => askNode(node, env, inner))) }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof BuildError)) throw error
    const isAway = node.driver === 'remote' && error.kind === 'unavailable' && !(error instanceof NodeSilentError) // a slow one is not removed as one that is away
    return { ...unasked(node), status: isAway ? 'inactive' : 'error', error: error.message, hint: error.hint ?? '' }
  }
}

function unasked(node: BuilderNode): NodeState {
  return { node, status: 'inactive', error: '', hint: '', version: '', platforms: givenPlatforms(node), labels: {}, policies: [], devices: [] }
}

type Answer = Partial<NodeState> & Pick<NodeState, 'status'>

async function askNode(node: BuilderNode, env: CommandContext['env'], signal: AbortSignal): Promise<Answer> {
  const driver = await openNodeDriver(node, env)
  if (node.driver === 'embedded') return await askEmbedded(node, driver, env, signal)
  const status = (await driver.place?.status(signal)) ?? 'running'
  if (status !== 'running') return { status: status === 'stopped' ? 'stopped' : 'inactive' }
  await using engine = await driver.connect(signal)
  return { status, ...(await describeEngine(node, engine, signal)) }
}

async function askEmbedded(node: BuilderNode, driver: Driver, env: CommandContext['env'], signal: AbortSignal): Promise<Answer> {
  await using running = await driver.attach(signal)
  if (running !== undefined) return { status: 'running', ...(await describeEngine(node, running, signal)) }
  const passing = await openNodeDriver(node, { ...env, PELAGO_LINGER: '0' })
  await using engine = await passing.connect(signal)
  return { status: 'inactive', ...(await describeEngine(node, engine, signal)) }
}

async function describeEngine(node: BuilderNode, engine: EngineClient, signal: AbortSignal): Promise<Partial<NodeState>> {
  const { record: workers } = await engine.control.listWorkers({}, { signal })
  const { package: product, version = '' } = workers[0]?.BuildkitVersion ?? {}
  const all = workers.flatMap(({ platforms }) => platforms.map(({ OS, Architecture, Variant }) => normalizePlatform({ os: OS, architecture: Architecture, variant: Variant, osVersion: '' })))
  const modes = product === 'pelago' ? await readModes(engine, signal) : nativeModes(all)
  const runs = (platform: string): NodePlatform['runs'] => modes.get(platform) ?? 'unknown'
  const given = givenPlatforms(node).map((one) => ({ ...one, runs: runs(one.platform) }))
  const rest = [...new Set(all.map(formatPlatform))].filter((platform) => !given.some((one) => one.platform === platform))
  return {
    version: `${product === 'pelago' ? 'pelago ' : ''}${version}`,
    platforms: [...given, ...rest.map((platform): NodePlatform => ({ platform, isGiven: false, runs: runs(platform) }))],
    labels: Object.assign({}, ...workers.map(({ Labels }) => Labels)) as Readonly<Record<string, string>>,
    policies: workers.flatMap(({ GCPolicy: rules }) => rules),
    devices: workers.flatMap(({ CDIDevices }) => CDIDevices),
  }
}

function givenPlatforms({ platforms }: BuilderNode): readonly NodePlatform[] {
  return platforms.map((platform) => ({ platform: formatPlatform(platform), isGiven: true, runs: 'unknown' }))
}

async function readModes({ local }: EngineClient, signal: AbortSignal): Promise<ReadonlyMap<string, NodePlatform['runs']>> {
  const { platforms } = await local.describe({}, { signal })
  return new Map(platforms.map(({ platform, emulator }) => [platform, emulator === '' ? 'natively' : 'emulated']))
}

/** A buildkitd lists its own machine's platform first; of the others it does not say how it runs them. */
function nativeModes(all: readonly Platform[]): ReadonlyMap<string, NodePlatform['runs']> {
  const [own] = all
  return new Map(all.flatMap((platform) => (platform.os === own?.os && platform.architecture === own.architecture ? [[formatPlatform(platform), 'natively'] as const] : [])))
}
