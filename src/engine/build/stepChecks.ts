import { EmulatorMissingError, type Executor } from '../../executor/executor.ts'
import type { ExecOp, Graph, Vertex } from '../../graph/vertex.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import type { Platform } from '../../ground/platform.ts'
import { VertexFailedError } from '../../solver/vertexFailedError.ts'

/** What is known of a build before anything of it is pulled or run. */
export interface StepChecks {
  readonly executor: Pick<Executor, 'runMode'>
  /** What the user lets the build do: `network.host`, `security.insecure`. */
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

function checkStep(vertex: Vertex, { op, platform }: Step, { executor, entitlements }: StepChecks): void {
  try {
    executor.runMode(platform)
    if (op.network === 'host' && !entitlements.includes('network.host')) throw new EntitlementMissingError('network.host')
    if (op.security === 'insecure' && !entitlements.includes('security.insecure')) throw new EntitlementMissingError('security.insecure')
  } catch (error) {
    if (error instanceof EmulatorMissingError || error instanceof EntitlementMissingError) throw new VertexFailedError(vertex, error)
    throw error
  }
}

/** A step asks for what only the user can allow. */
class EntitlementMissingError extends InvalidValueError {
  constructor(entitlement: string) {
    super(`${entitlement} is not allowed`, { hint: `add --allow ${entitlement}` })
  }
}
