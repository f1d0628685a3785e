import type { LoweredDockerfile } from '../../dockerfile/lower.ts'
import type { RunMode } from '../../executor/executor.ts'
import type { TwinKind } from '../../dockerfile/lower.ts'
import type { Graph } from '../../graph/vertex.ts'
import type { Digest } from '../../ground/digest.ts'
import type { Platform } from '../../ground/platform.ts'
import type { FrontendAttributes } from '../build/frontendAttributes.ts'
import type { Prospect } from '../../solver/probe/probe.ts'

/** All that was found out about a build, of which a plan is made. */
export interface PlanFacts {
  readonly host: Platform
  readonly targets: readonly PlanTarget[]
  /** Of all targets together. */
  readonly graph: Graph
  /** Of what stands on no image that is missing. */
  readonly prospects: ReadonlyMap<Digest, Prospect>
  /** Undefined where nothing runs the platform here. */
  readonly modeOf: (platform: Platform) => RunMode | undefined
  /** What the build would do with its result. */
  readonly output: FrontendAttributes['plannedOutput']
  /** How long steps took the last time, as they would run now. */
  readonly expectedMs: ReadonlyMap<Digest, number>
  /** By how much steps are faster with native twins. */
  readonly savesMs: ReadonlyMap<Digest, number>
  readonly accelerate: TwinKind | undefined
}

/** One of the platforms that are built for. */
export interface PlanTarget {
  readonly platform: Platform
  readonly lowered: LoweredDockerfile
  /** Whether an image that it needs is missing, so that nothing can be told of some of its steps. */
  readonly isBlocked: boolean
}
