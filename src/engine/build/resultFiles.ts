import { closeSync, openSync, readlinkSync, readSync, type BigIntStats } from 'node:fs'
import type { FileStat } from '../../api/fileSync.ts'
import { BuildError, type ErrorKind } from '../../ground/errors.ts'
import { asByteString, bytesOf, fromText, textOfBytes, type ByteString } from '../../kit/byteString.ts'
import { deviceNumbers } from '../../ops/contextWalk.ts'
import { sortedNames } from '../../ops/files/folders.ts'
import { createPathFilter } from '../../ops/files/matching/patternFilter.ts'
import { findStat, readMetadata } from '../../ops/files/metadata.ts'
import { joinName, lastNameOf, resolveInRoot } from '../../ops/files/rootPath.ts'
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
  const view = await snapshots.openView(snapshot, signal)
  return { ...openFilesIn(view.path), [Symbol.asyncDispose]: () => view[Symbol.asyncDispose]() }
}

/** Of a folder that is the root of a file system. */
export function openFilesIn(folder: string): FolderFiles {
  const root = fromText(folder)
  return {
    readFile: (path, part) => readRegular(find('open', path, root), path, part),
    readFolder: (path, pattern) => listFolder(find('open', path, root), path, pattern),
    stat: (path) => {
      const { place, stat } = find('lstat', path, root)
      return toFileStat(place, textOfBytes(lastNameOf(asByteString(place.slice(root.length)))), stat)
    },
  }
}

interface FoundFile {
  readonly place: ByteString
  readonly stat: BigIntStats
}

function find(call: string, path: string, root: ByteString): FoundFile {
  const place = resolveInRoot(root, fromText(path), 'follow')
  const stat = findStat(place)
  if (stat === undefined) throw new ResultFileError(`${call} ${path}: no such file or directory`, 'not-found')
  return { place, stat }
}

function readRegular({ place, stat }: FoundFile, path: string, part: FilePart | undefined): Uint8Array {
  if (!stat.isFile()) throw new ResultFileError(`${path} is not a regular file`, 'usage')
  const offset = part?.offset ?? 0
  const length = Math.min(part?.length ?? Infinity, Math.max(0, Number(stat.size) - offset))
  if (length > MAX_BYTES) throw new ResultFileError(`${path} has ${stat.size} bytes: at most ${MAX_BYTES} are read at once`, 'usage', 'read it in parts, by a range')
  const bytes = Buffer.alloc(length)
  const file = openSync(bytesOf(place), 'r')
  try {
    let read = 0
    for (let count = -1; count !== 0 && read < length; read += count) count = readSync(file, bytes, read, length - read, offset + read)
    return bytes.subarray(0, read)
  } finally {
    closeSync(file)
  }
}

function listFolder({ place, stat }: FoundFile, path: string, pattern = ''): readonly FileStat[] {
  if (!stat.isDirectory()) throw new ResultFileError(`${path} is not a directory`, 'usage')
  const filter = createPathFilter({ includePatterns: pattern === '' ? [] : [pattern], excludePatterns: [] })
  return sortedNames(place).filter((name) => filter.includes(name)).flatMap((name) => {
    const found = findStat(joinName(place, name))
    return found === undefined ? [] : [toFileStat(joinName(place, name), textOfBytes(name), found)]
  })
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
