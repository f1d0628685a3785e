import { DeviceNotFoundError, DeviceUnusableError, type CdiDevices } from '../../executor/cdi/cdiDevices.ts'
import { EmulatorMissingError, type Executor } from '../../executor/executor.ts'
import type { DeviceRequest, ExecOp, Graph } from '../../graph/vertex.ts'
import { InvalidValueError, type BuildError } from '../../ground/errors.ts'
import type { Platform } from '../../ground/platform.ts'
import { VertexFailedError } from '../../solver/vertexFailedError.ts'

/** What is known of a build before anything of it is pulled or run. */
export interface StepChecks {
  readonly executor: Pick<Executor, 'runMode'>
  readonly devices: CdiDevices
  /** What the user lets the build do: `network.host`, `security.insecure`, `device`, `device=vendor.com/class=name`. */
  readonly entitlements: readonly string[]
}

/** @throws VertexFailedError for the first step that cannot run here, or may not */
export function checkSteps(graph: Graph, checks: StepChecks): void {
  for (const error of findStepErrors(graph, checks)) throw error
}

/** Of each step that cannot run here, or may not, the first reason. */
export function* findStepErrors(graph: Graph, checks: StepChecks): Generator<VertexFailedError> {
  for (const vertex of graph.values()) {
    const error = vertex.op.kind === 'exec' && vertex.platform !== undefined ? findStepError({ op: vertex.op, platform: vertex.platform }, checks) : undefined
    if (error !== undefined) yield new VertexFailedError(vertex, error)
  }
}

interface Step {
  readonly op: ExecOp
  readonly platform: Platform
}

function findStepError({ op, platform }: Step, { executor, devices, entitlements }: StepChecks): BuildError | undefined {
  try {
    executor.runMode(platform)
    if (op.network === 'host' && !entitlements.includes('network.host')) throw new EntitlementMissingError('network.host')
    if (op.security === 'insecure' && !entitlements.includes('security.insecure')) throw new EntitlementMissingError('security.insecure')
    for (const device of op.devices ?? []) checkDevice(device, { devices, entitlements })
    return undefined
  } catch (error) {
    if (error instanceof DeviceUnusableError || error instanceof DeviceNotFoundError || error instanceof EmulatorMissingError || error instanceof EntitlementMissingError) return error
    throw error
  }
}

/** One that is not there is not asked about. @throws DeviceNotFoundError; DeviceUnusableError; EntitlementMissingError */
function checkDevice({ name, isOptional }: DeviceRequest, { devices, entitlements }: Pick<StepChecks, 'devices' | 'entitlements'>): void {
  const isThere = devices.find(name) !== undefined
  if (!isThere && !isOptional) throw new DeviceNotFoundError(name)
  if (isThere && !entitlements.includes('device') && !entitlements.includes(`device=${name}`)) throw new EntitlementMissingError(`device=${name}`)
}

/** A step asks for what only the user can allow. */
export class EntitlementMissingError extends InvalidValueError {
  constructor(entitlement: string) {
    super(`${entitlement} is not allowed`, { hint: `add --allow ${entitlement}` })
  }
}
