import type { CommandContext } from '../command.ts'
import type { Builder, BuilderNode } from '../../driver/builders/builder.ts'
import type { Driver, EngineClient } from '../../driver/driver.ts'
import { openNodeDriver } from '../../driver/nodeDriver.ts'
import { BuildError } from '../../ground/errors.ts'
import { formatPlatform, normalizePlatform } from '../../ground/platform.ts'

/** A builder as it was found. */
export interface BuilderState {
  readonly builder: Builder
  readonly isCurrent: boolean
  readonly nodes: readonly NodeState[]
}

export interface NodeState {
  readonly node: BuilderNode
  readonly status: 'running' | 'inactive' | 'error'
  /** Why its engine cannot be asked; '' where it could. */
  readonly error: string
  /** '' where no engine was asked. */
  readonly version: string
  readonly platforms: readonly NodePlatform[]
}

export interface NodePlatform {
  readonly platform: string
  readonly isGiven: boolean
  /** `unknown` where the engine does not say: a buildkitd. */
  readonly runs: 'natively' | 'emulated' | 'unknown'
}

/** Asks the engine of a node what it is and runs. An embedded one that does not run is started for that, and ends again. */
export async function readNodeState(node: BuilderNode, { env }: Pick<CommandContext, 'env'>, signal: AbortSignal): Promise<NodeState> {
  const unknown = { node, version: '', error: '', platforms: givenPlatforms(node) }
  try {
    const driver = await openNodeDriver(node, env)
    await using running = await driver.attach(signal)
    if (running !== undefined) return { node, status: 'running', error: '', ...(await describeEngine(node, running, signal)) }
    if (node.driver !== 'embedded') return { ...unknown, status: 'inactive' }
    return { node, status: 'inactive', error: '', ...(await describeIdle(node, env, signal)) }
  } catch (error) {
    if (!(error instanceof BuildError)) throw error
    return { ...unknown, status: 'error', error: error.message }
  }
}

type Description = Pick<NodeState, 'version' | 'platforms'>

async function describeIdle(node: BuilderNode, env: CommandContext['env'], signal: AbortSignal): Promise<Description> {
  const driver: Driver = await openNodeDriver(node, { ...env, PELAGO_LINGER: '0' })
  await using engine = await driver.connect(signal)
  return await describeEngine(node, engine, signal)
}

async function describeEngine(node: BuilderNode, engine: EngineClient, signal: AbortSignal): Promise<Description> {
  const { record: [worker] } = await engine.control.listWorkers({}, { signal })
  const name = worker?.BuildkitVersion?.package === 'pelago' ? 'pelago ' : ''
  const detected = (worker?.platforms ?? []).map(({ OS, Architecture, Variant }) => formatPlatform(normalizePlatform({ os: OS, architecture: Architecture, variant: Variant, osVersion: '' })))
  const modes = await readModes(engine, signal)
  const given = givenPlatforms(node).map((one) => ({ ...one, runs: modes.get(one.platform) ?? 'unknown' }))
  const rest = detected.filter((platform) => !given.some((one) => one.platform === platform))
  return {
    version: `${name}${worker?.BuildkitVersion?.version ?? ''}`,
    platforms: [...given, ...rest.map((platform): NodePlatform => ({ platform, isGiven: false, runs: modes.get(platform) ?? 'unknown' }))],
  }
}

function givenPlatforms({ platforms }: BuilderNode): readonly NodePlatform[] {
  return platforms.map((platform) => ({ platform: formatPlatform(platform), isGiven: true, runs: 'unknown' }))
}

/** Empty where the engine is a buildkitd, which has no such call. */
async function readModes({ local }: EngineClient, signal: AbortSignal): Promise<ReadonlyMap<string, NodePlatform['runs']>> {
  try {
    const { platforms } = await local.describe({}, { signal })
    return new Map(platforms.map(({ platform, emulator }) => [platform, emulator === '' ? 'natively' : 'emulated']))
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof BuildError)) throw error
    return new Map()
  }
}
