import { randomUUID } from 'node:crypto'
import type { WorkerTraits } from '../api/llb/workerFilter.ts'
import type { Executor } from '../executor/executor.ts'
import { formatPlatform } from '../ground/platform.ts'
import type { EngineConfig } from './config/engineConfig.ts'

export interface WorkerParts {
  readonly config: Pick<EngineConfig, 'labels' | 'platforms'>
  readonly executor: Pick<Executor, 'platforms'>
  /** `overlay` or `copy` */
  readonly snapshotter: string
}

/** What the engine is as BuildKit's one worker, by an id of this process: BuildKit's labels, and those that the operator gives it. */
export function describeWorker({ config, executor, snapshotter }: WorkerParts): WorkerTraits {
  const own = [['org.mobyproject.buildkit.worker.executor', 'oci'], ['org.mobyproject.buildkit.worker.snapshotter', snapshotter]] as const
  const offered = config.platforms.length > 0 ? config.platforms : executor.platforms().map(({ platform }) => platform)
  return { id: randomUUID(), labels: new Map([...own, ...config.labels]), platforms: offered.map(formatPlatform) }
}
