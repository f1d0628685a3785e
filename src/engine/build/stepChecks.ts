import { DeviceNotFoundError, DeviceUnusableError, type CdiDevices } from '../../executor/cdi/cdiDevices.ts'
import { EmulatorMissingError, type Executor } from '../../executor/executor.ts'
import type { DeviceRequest, ExecOp, Graph, Vertex } from '../../graph/vertex.ts'
import { InvalidValueError } from '../../ground/errors.ts'
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
  for (const vertex of graph.values()) {
    if (vertex.op.kind === 'exec' && vertex.platform !== undefined) checkStep(vertex, { op: vertex.op, platform: vertex.platform }, checks)
  }
}

interface Step {
  readonly op: ExecOp
  readonly platform: Platform
}

function checkStep(vertex: Vertex, { op, platform }: Step, { executor, devices, entitlements }: StepChecks): void {
  try {
    executor.runMode(platform)
    if (op.network === 'host' && !entitlements.includes('network.host')) throw new EntitlementMissingError('network.host')
    if (op.security === 'insecure' && !entitlements.includes('security.insecure')) throw new EntitlementMissingError('security.insecure')
    for (const device of op.devices ?? []) checkDevice(device, { devices, entitlements })
  } catch (error) {
    if (error instanceof DeviceUnusableError || error instanceof DeviceNotFoundError || error instanceof EmulatorMissingError || error instanceof EntitlementMissingError) throw new VertexFailedError(vertex, error)
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
class EntitlementMissingError extends InvalidValueError {
  constructor(entitlement: string) {
    super(`${entitlement} is not allowed`, { hint: `add --allow ${entitlement}` })
  }
}
