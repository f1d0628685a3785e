import { BuildHistoryEventType } from '../../api/gen/control_pb.ts'
import { createProgressDecoder } from '../../api/progressMapping.ts'
import type { EngineClient } from '../../driver/driver.ts'
import { BuildError } from '../../ground/errors.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'
import { UsageError } from '../flags/usageError.ts'
import { createTraceFold, type Trace } from '../render/trace.ts'
import { readPastBuild, type PastBuild } from './pastBuild.ts'

/** The builds that an engine remembers, the one that began last first. `filters` as BuildKit's API has them. */
export async function queryBuilds({ control }: EngineClient, filters: readonly string[], signal: AbortSignal): Promise<readonly PastBuild[]> {
  const builds: PastBuild[] = []
  for await (const { type, record } of control.listenBuildHistory({ EarlyExit: true, Filter: [...filters] }, { signal })) {
    if (type !== BuildHistoryEventType.DELETED && record !== undefined) builds.push(readPastBuild(record))
  }
  return builds.toSorted((a, b) => b.startedAtMs - a.startedAtMs)
}

/** As `chooseBuild`, of what the engine remembers. @throws BuildMissingError; UsageError */
export async function findBuild(engine: EngineClient, text: string, signal: AbortSignal): Promise<PastBuild> {
  return chooseBuild(await queryBuilds(engine, [], signal), text)
}

/** Of `builds`, the last one first, the one whose id begins with `text`; `^2` is the second before the last one, '' the last one. @throws BuildMissingError; UsageError */
export function chooseBuild(builds: readonly PastBuild[], text: string): PastBuild {
  const found = builds.filter(({ ref }, index) => (isPlace(text) ? index === placeOf(text) : ref.startsWith(text)))
  const build = found.find(({ ref }) => ref === text) ?? found[0]
  if (build === undefined) throw new BuildMissingError(text === '' ? 'no builds are remembered' : `no such build: ${text}`, { hint: 'see pelago history ls' })
  if (build.ref !== text && found.length > 1) throw new UsageError(`several builds begin with ${text}`, { hint: `give more of the id: ${found.map(({ ref }) => ref).join(', ')}` })
  return build
}

function isPlace(text: string): boolean {
  return text === '' || text.startsWith('^')
}

function placeOf(text: string): number {
  const place = text === '' ? '0' : text.slice(1)
  if (!/^\d+$/.test(place)) throw new UsageError(`invalid build: ${JSON.stringify(text)}`, { hint: 'write ^1 for the build before the last one' })
  return Number(place)
}

export class BuildMissingError extends BuildError {
  readonly kind = 'not-found'
}

/** Tells what happened in a build once more; of one that runs, until it ends. */
export async function replayEvents({ control }: EngineClient, { ref }: PastBuild, sink: ProgressSink, signal: AbortSignal): Promise<void> {
  const decode = createProgressDecoder()
  for await (const response of control.status({ Ref: ref }, { signal })) decode(response).forEach(sink)
}

/** What has happened in a build that is over; of one that runs nothing. */
export async function replayTrace(engine: EngineClient, build: PastBuild, signal: AbortSignal): Promise<Trace> {
  const fold = createTraceFold()
  if (build.status !== 'running') await replayEvents(engine, build, fold.apply, signal)
  return fold.trace
}
