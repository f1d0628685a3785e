import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync, type BigIntStats } from 'node:fs'
import type { FileStat } from '../../api/fileSync.ts'
import { locateIn, openIn, openRoot, resolveIn, type OpenFolder } from '../../archive/safePath.ts'
import { BuildError, type ErrorKind } from '../../ground/errors.ts'
import { bytesOf, fromBytes, fromText, textOfBytes, type ByteString } from '../../kit/byteString.ts'
import { deviceNumbers } from '../../ops/contextWalk.ts'
import { errorCode } from '../../ops/files/errorCode.ts'
import { sortedNames } from '../../ops/files/folders.ts'
import { createPathFilter } from '../../ops/files/matching/patternFilter.ts'
import { findStat, readMetadata } from '../../ops/files/metadata.ts'
import { LinkLoopError } from '../../ops/files/rootPath.ts'
import type { LayerPresence } from '../../ops/layerPresence.ts'
import type { SnapshotId, SnapshotStore } from '../../snapshot/snapshotStore.ts'
import type { Waiter } from '../../solver/vertexStory.ts'
import { deliveryContext, runStep } from '../stepProgress.ts'

/**
 * The files of a folder that is a root, as a frontend reads them. Paths are those of that file system: its links lead
 * where they would if it were `/`. Errors have Go's words, which clients look for.
 */
export interface FolderFiles {
  /** All of a regular file, or `part` of it. @throws ResultFileError */
  readFile(path: string, part?: FilePart): Uint8Array
  /** What is in a folder, by name; with a pattern (as in an ignore file) only what it matches. @throws ResultFileError */
  readFolder(path: string, includePattern?: string): readonly FileStat[]
  /** A link that ends the path is followed, and the name is that of what it leads to. @throws ResultFileError */
  stat(path: string): FileStat
}

/** Those of a result, for as long as they are held. */
export interface ResultFiles extends FolderFiles, AsyncDisposable {}

export interface FilePart {
  readonly offset: number
  readonly length: number
}

/** What an answer may hold: gRPC's messages are bounded. */
const MAX_BYTES = 16 * 1024 * 1024 - 64 * 1024

export class ResultFileError extends BuildError {
  readonly kind: ErrorKind
  constructor(message: string, kind: ErrorKind, hint?: string) {
    super(message, { hint })
    this.kind = kind
  }
}

export interface ResultFilesDeps {
  readonly snapshots: SnapshotStore
  readonly presence: LayerPresence
}

export interface OpenedResult {
  readonly snapshot: SnapshotId | undefined
  readonly waiter: Pick<Waiter, 'sessionId' | 'progress'>
}

/** Layers that are not here are brought, which is shown. */
export async function openResultFiles({ snapshots, presence }: ResultFilesDeps, { snapshot, waiter }: OpenedResult, signal: AbortSignal): Promise<ResultFiles> {
  if (snapshot !== undefined && snapshots.chain(snapshot).some(({ state }) => state === 'lazy')) {
    await runStep(waiter.progress, 'load layers', (step) => presence.ensurePresent(snapshot, deliveryContext(step, waiter.sessionId), signal))
  }
  await using stack = new AsyncDisposableStack()
  const view = stack.use(await snapshots.openView(snapshot, signal))
  const files = stack.use(openFilesIn(view.path))
  const held = stack.move()
  return { ...files, [Symbol.asyncDispose]: () => held.disposeAsync() }
}

/** Of a folder that is the root of a file system, and is held. Safe while processes of a container change what is in it. @throws the errors of `open` */
export function openFilesIn(folder: string): FolderFiles & Disposable {
  const root = openRoot(folder)
  return {
    readFile: (path, part) => found('open', path, () => readRegular(root, path, part)),
    readFolder: (path, pattern) => found('open', path, () => listFolder(root, path, pattern)),
    stat: (path) => found('lstat', path, () => statIn(root, path)),
    [Symbol.dispose]: () => root[Symbol.dispose](),
  }
}

/** @throws ResultFileError where nothing is at `path`; LinkLoopError */
function found<T>(call: string, path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    const code = error instanceof ResultFileError ? '' : errorCode(error)
    if (code === 'ELOOP') throw new LinkLoopError(fromText(path))
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new ResultFileError(`${call} ${path}: no such file or directory`, 'not-found')
    throw error
  }
}

/** What `path` leads to is looked up once, and looked at before it is opened. */
function readRegular(root: OpenFolder, path: string, part: FilePart | undefined): Uint8Array {
  using found = openIn(root, fromText(path))
  const stat = fstatSync(found.fd)
  if (!stat.isFile()) throw new ResultFileError(`${path} is not a regular file`, 'usage')
  const offset = part?.offset ?? 0
  const length = Math.min(part?.length ?? Infinity, Math.max(0, stat.size - offset))
  if (length > MAX_BYTES) throw new ResultFileError(`${path} has ${stat.size} bytes: at most ${MAX_BYTES} are read at once`, 'usage', 'read it in parts, by a range')
  const bytes = Buffer.alloc(length)
  const file = openSync(`/proc/self/fd/${found.fd}`, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    let read = 0
    for (let count = -1; count !== 0 && read < length; read += count) count = readSync(file, bytes, read, length - read, offset + read)
    return bytes.subarray(0, read)
  } finally {
    closeSync(file)
  }
}

function listFolder(root: OpenFolder, path: string, pattern = ''): readonly FileStat[] {
  using folder = openIn(root, fromText(path))
  if (!fstatSync(folder.fd).isDirectory()) throw new ResultFileError(`${path} is not a directory`, 'usage')
  const filter = createPathFilter({ includePatterns: pattern === '' ? [] : [pattern], excludePatterns: [] })
  return sortedNames(fromText(`/proc/self/fd/${folder.fd}`)).filter((name) => filter.includes(name)).flatMap((name) => statAt(fromBytes(folder.pathOf(name)), name) ?? [])
}

function statIn(root: OpenFolder, path: string): FileStat {
  using location = locateIn(root, resolveIn(root, fromText(path)))
  const stat = statAt(fromBytes(location.path), location.name)
  if (stat === undefined) throw new ResultFileError(`lstat ${path}: no such file or directory`, 'not-found')
  return stat
}

/** Undefined where it is gone. */
function statAt(place: ByteString, name: ByteString): FileStat | undefined {
  const stat = findStat(place)
  return stat === undefined ? undefined : toFileStat(place, textOfBytes(name), stat)
}

function toFileStat(place: ByteString, path: string, stat: BigIntStats): FileStat {
  return {
    ...readMetadata(place, stat),
    path,
    mode: Number(stat.mode),
    sizeBytes: stat.isFile() ? Number(stat.size) : 0,
    linkTarget: stat.isSymbolicLink() ? readlinkSync(bytesOf(place)) : '',
    ...deviceNumbers(stat.rdev),
  }
}
