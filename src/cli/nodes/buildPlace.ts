import type { EngineClient } from '../../driver/driver.ts'
import type { TargetRequest, TargetsEnd } from '../../driver/targets/targetRequest.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'

/** Where builds go: the engine of a builder that has one node, or all the nodes of one that has several. */
export interface BuildPlace extends AsyncDisposable {
  /** The one engine; undefined where there are several nodes. */
  readonly engine: EngineClient | undefined
  /** Events that are of no target go to `sink`. @throws signal.reason; what choosing nodes throws */
  solveTargets(targets: readonly TargetRequest[], sinks: BuildSinks, signal: AbortSignal): Promise<TargetsEnd>
}

export interface BuildSinks {
  readonly sink: ProgressSink
  readonly sinkOf: (target: string) => ProgressSink
}
