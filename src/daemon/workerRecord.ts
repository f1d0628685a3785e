import type { MessageInitShape } from '@bufbuild/protobuf'
import type { WorkerRecordSchema } from '../api/gen/worker_pb.ts'
import type { EngineConfig } from '../engine/config/engineConfig.ts'
import type { Engine } from '../engine/engine.ts'
import type { Platform } from '../ground/platform.ts'

const PACKAGE = 'pelago'

export type DescribedEngine = Pick<Engine, 'id' | 'version' | 'worker' | 'platforms' | 'gcRules'>
/** What it is said to be, beside what it is. */
export type WorkerConfig = Pick<EngineConfig, 'platforms'>

/** The engine as BuildKit's one worker. */
export function describeWorker(engine: DescribedEngine, config: WorkerConfig): MessageInitShape<typeof WorkerRecordSchema> {
  return {
    ID: engine.id,
    Labels: Object.fromEntries(engine.worker.labels),
    platforms: offeredPlatforms(engine, config).map(({ os, architecture, variant }) => ({ OS: os, Architecture: architecture, Variant: variant })),
    GCPolicy: engine.gcRules.map(({ all, keepMs, filters, bounds }) => ({ all, keepDuration: BigInt(keepMs) * 1_000_000n, filters: [...filters], reservedSpace: BigInt(bounds.reservedBytes), maxUsedSpace: BigInt(bounds.maxUsedBytes), minFreeSpace: BigInt(bounds.minFreeBytes) })),
    BuildkitVersion: describeVersion(engine),
  }
}

/** The same as frontends in containers read it: BuildKit's `WorkerInfo` in JSON, a list of one. */
export function formatWorkers(engine: DescribedEngine, config: WorkerConfig): string {
  const platforms = offeredPlatforms(engine, config).map(({ os, architecture, variant }) => ({ architecture, os, ...(variant !== '' && { variant }) }))
  return JSON.stringify([{ id: engine.id, labels: Object.fromEntries(engine.worker.labels), platforms, buildkitVersion: describeVersion(engine) }])
}

export function describeVersion({ version: release }: Pick<Engine, 'version'>): { package: string; version: string; revision: string } {
  return { package: PACKAGE, version: release, revision: '' }
}

function offeredPlatforms(engine: DescribedEngine, { platforms }: WorkerConfig): readonly Platform[] {
  return platforms.length > 0 ? platforms : engine.platforms().map(({ platform }) => platform)
}
