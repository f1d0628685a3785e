import { BuildHistoryEventType } from '../../api/gen/control_pb.ts'
import { createProgressDecoder } from '../../api/progressMapping.ts'
import type { EngineClient } from '../../driver/driver.ts'
import type { NodeEngine, NodeEngines } from '../builders/nodes/openNodes.ts'
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

/** A build, and whose it is. */
export interface NodeBuild extends PastBuild, NodeEngine {}

/** Those of several engines, the one that began last first. */
export async function queryNodeBuilds({ engines }: Pick<NodeEngines, 'engines'>, filters: readonly string[], signal: AbortSignal): Promise<readonly NodeBuild[]> {
  const found = await Promise.all(engines.map(async (one) => (await queryBuilds(one.engine, filters, signal)).map((build): NodeBuild => ({ ...build, ...one }))))
  return found.flat().toSorted((a, b) => b.startedAtMs - a.startedAtMs)
}

/** As `chooseBuild`, of all nodes. @throws BuildMissingError; UsageError; EngineUnavailableError where it may be a node's that did not answer */
export async function findNodeBuild(nodes: NodeEngines, text: string, signal: AbortSignal): Promise<NodeBuild> {
  const builds = await queryNodeBuilds(nodes, [], signal)
  try {
    return chooseBuild(builds, text)
  } catch (error) {
    if (error instanceof BuildMissingError) nodes.finish()
    throw error
  }
}

/** Of `builds`, the last one first, the one whose id begins with `text`; `^2` is the second before the last one, '' the last one. @throws BuildMissingError; UsageError */
export function chooseBuild<T extends Pick<PastBuild, 'ref'>>(builds: readonly T[], text: string): T {
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
