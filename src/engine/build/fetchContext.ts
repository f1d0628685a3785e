import { open, type FileHandle } from 'node:fs/promises'
import { ARCHIVE_HEAD_BYTES, isArchive } from '../../archive/archiveHead.ts'
import { addRemoteContext, CONTEXT_FILE, type RemoteContext } from '../../dockerfile/lower/contexts/remoteContext.ts'
import { createGraphBuilder } from '../../graph/graphBuilder.ts'
import type { Source } from '../../graph/vertex.ts'
import type { Digest } from '../../ground/digest.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import { bytesOf, fromText } from '../../kit/byteString.ts'
import { walkFolder } from '../../ops/context/folderWalk.ts'
import { findStat } from '../../ops/files/metadata.ts'
import { resolveInRoot } from '../../ops/files/rootPath.ts'
import { toSnapshot } from '../../ops/snapshotResult.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'
import type { SnapshotStore } from '../../snapshot/snapshotStore.ts'
import type { ResultId } from '../../solver/op.ts'
import type { Solver } from '../../solver/solver.ts'

export interface FetchContextDeps {
  readonly solver: Solver
  readonly snapshots: SnapshotStore
}

/** A remote context that is here. */
export interface FetchedContext {
  readonly context: RemoteContext
  /** Whether it is a Dockerfile alone, called CONTEXT_FILE. */
  readonly isDockerfile: boolean
  /** The vertices that were shown: the build has them too. */
  readonly shown: ReadonlySet<Digest>
  /** Undefined where there is no such file. */
  readText(path: string, signal: AbortSignal): Promise<string | undefined>
  /** When the commit was made, or what a URL leads to was changed last: seconds since 1970. The newest file of an archive tells it where its server does not; undefined where nothing does. */
  readTime(signal: AbortSignal): Promise<number | undefined>
}

export interface FetchWaiter {
  readonly sessionId: string
  readonly progress: ProgressSink
  /** Undefined where it is the build context that is fetched. */
  readonly stepName?: string
  /** As of LowerRequest. */
  readonly judgeSource: ((source: Source) => Source) | undefined
}

/** Fetches `context`, and finds out whether what a URL leads to is an archive or a Dockerfile. */
export async function fetchContext(deps: FetchContextDeps, context: RemoteContext, waiter: FetchWaiter, signal: AbortSignal): Promise<FetchedContext> {
  const shown = new Set<Digest>()
  const fetch = async (wanted: RemoteContext): Promise<ResultId> => {
    const graph = createGraphBuilder(waiter.judgeSource)
    const root = addRemoteContext(wanted, graph, waiter.stepName)
    const vertices = graph.build()
    const [result = ''] = await deps.solver.solve(vertices, [root], { sessionId: waiter.sessionId, progress: withoutShown(waiter.progress, new Set(shown)) }, signal)
    for (const digest of vertices.keys()) shown.add(digest)
    return result
  }
  const reader = (result: ResultId): FetchedContext['readText'] => (path, inner) => readFileOf(deps.snapshots, result, path, inner)
  const { source } = context
  if (source.kind === 'git') {
    const readTime = async (inner: AbortSignal): Promise<number | undefined> => await timeOf(deps.snapshots, { result: await fetch({ ...context, folder: '', source: { ...source, mtime: 'commit' } }), path: '' }, inner)
    return { context, isDockerfile: false, shown, readText: reader(await fetch(context)), readTime }
  }
  const file = await fetch({ ...context, folder: '' })
  const readTime = (inner: AbortSignal): Promise<number | undefined> => timeOf(deps.snapshots, { result: file, path: CONTEXT_FILE }, inner)
  if (!(await isArchiveFile(deps.snapshots, file, signal))) return { context: { ...context, folder: '' }, isDockerfile: true, shown, readText: reader(file), readTime }
  const unpacked = { ...context, isArchive: true }
  const files = await fetch(unpacked)
  const readNewest = async (inner: AbortSignal): Promise<number | undefined> => (await readTime(inner)) ?? (await newestTimeOf(deps.snapshots, files, inner))
  return { context: unpacked, isDockerfile: false, shown, readText: reader(files), readTime: readNewest }
}

/** What has been shown is not shown again as cached. */
export function withoutShown(progress: ProgressSink, shown: ReadonlySet<Digest>): ProgressSink {
  return (event) => {
    if (event.vertex === undefined || !shown.has(event.vertex)) progress(event)
  }
}

/** Sources give what they bring its time; what has none has 0. */
async function timeOf(snapshots: SnapshotStore, { result, path }: { readonly result: ResultId; readonly path: string }, signal: AbortSignal): Promise<number | undefined> {
  await using view = await snapshots.openView(toSnapshot(result), signal)
  const seconds = Math.floor(Number(findStat(resolveInRoot(fromText(view.path), fromText(path), 'follow'))?.mtimeMs ?? 0) / 1000)
  return seconds > 0 ? seconds : undefined
}

async function newestTimeOf(snapshots: SnapshotStore, result: ResultId, signal: AbortSignal): Promise<number | undefined> {
  await using view = await snapshots.openView(toSnapshot(result), signal)
  let newest: number | undefined
  for (const { stat } of walkFolder(fromText(view.path), EVERYTHING)) {
    signal.throwIfAborted()
    if (stat.isFile()) newest = Math.max(newest ?? 0, Number(stat.mtimeNs / 1_000_000_000n))
  }
  return newest
}

const EVERYTHING = { includePatterns: [], excludePatterns: [], followPaths: [] }

const MAX_TEXT_BYTES = 4 * 1024 * 1024

async function isArchiveFile(snapshots: SnapshotStore, result: ResultId, signal: AbortSignal): Promise<boolean> {
  return (await withFile(snapshots, { result, path: CONTEXT_FILE }, async (file) => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(ARCHIVE_HEAD_BYTES), 0, ARCHIVE_HEAD_BYTES, 0)
    return isArchive(buffer.subarray(0, bytesRead))
  }, signal)) ?? false
}

async function readFileOf(snapshots: SnapshotStore, result: ResultId, path: string, signal: AbortSignal): Promise<string | undefined> {
  return await withFile(snapshots, { result, path }, async (file) => {
    const { size } = await file.stat()
    if (size > MAX_TEXT_BYTES) throw new InvalidValueError(`${path} has ${size} bytes, more than the ${MAX_TEXT_BYTES} that are read`)
    return await file.readFile('utf8')
  }, signal)
}

/** Undefined where there is no such regular file. Links are followed inside the file system. */
async function withFile<T>(snapshots: SnapshotStore, { result, path }: { readonly result: ResultId; readonly path: string }, use: (file: FileHandle) => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  await using view = await snapshots.openView(toSnapshot(result), signal)
  const place = resolveInRoot(fromText(view.path), fromText(path), 'follow')
  if (findStat(place)?.isFile() !== true) return undefined
  await using file = await open(bytesOf(place))
  return await use(file)
}
