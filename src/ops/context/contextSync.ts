import { mkdirSync, symlinkSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Digest } from '../../ground/digest.ts'
import { BuildError } from '../../ground/errors.ts'
import { asByteString, bytesOf, fromText, textOfBytes, type ByteString } from '../../kit/byteString.ts'
import { link } from '../../kit/syscalls.ts'
import type { MutableSnapshot, SnapshotStore } from '../../snapshot/snapshotStore.ts'
import { applyMetadata, findStat, type FileMetadata } from '../files/metadata.ts'
import { joinName, parentOf } from '../files/rootPath.ts'
import type { ContextMirror, MirroredFile } from './contextMirror.ts'
import { createFolderTimes } from './folderTimes.ts'

/** More layers than that make each look-up in them slower; they are folded then, or, where that is not worth it, the folder is brought anew. */
const MAX_LEVELS = 16
const FOLDED_LEVELS = 2

/** One entry of a folder that is being brought. */
export interface SyncedFile {
  readonly path: ByteString
  readonly kind: 'file' | 'folder' | 'symlink'
  /** Tells a change of it. */
  readonly stamp: string
  readonly metadata: FileMetadata
  /** Of a link: where it leads. Of a file: the path, given before, that it is a hard link to; '' where it is none. */
  readonly linkTarget: ByteString
}

/** Makes a regular file at a place of the host that is free; gives the digest of its content. */
export type WriteContent = (place: ByteString) => Promise<Digest>

/**
 * Makes a snapshot of what is given, entry by entry, each after the folder it is in. What is as it was in `previous` is
 * left alone; what differs goes into a snapshot on top of that. Disposing before `finish` leaves nothing.
 */
export interface ContextSync extends AsyncDisposable {
  /** Whether an entry is already there as it is given. To be asked of each, in the order of the walk. @throws ContextEntryError */
  isCurrent(file: Pick<SyncedFile, 'path' | 'kind' | 'stamp'> & Pick<FileMetadata, 'mtimeNs'>): boolean
  /** For what is not. */
  put(file: SyncedFile, writeContent: WriteContent): Promise<void>
  /** Takes away what was not given any more. Gives `previous` itself where all is as it was. */
  finish(): Promise<ContextMirror>
}

export function openContextSync(previous: ContextMirror | undefined, snapshots: SnapshotStore, signal: AbortSignal): ContextSync {
  const base = isUsable(previous, snapshots) ? previous : undefined
  const files = new Map<ByteString, MirroredFile>()
  /** Those given: only in them is anything made or removed, so that no link leads out of the layer. */
  const folders = new Set<ByteString>([asByteString('')])
  const times = createFolderTimes()
  const changedFolders: SyncedFile[] = []
  const hardLinks: SyncedFile[] = []
  let opened: Promise<OpenedLayer> | undefined
  const openLayer = (): Promise<OpenedLayer> => (opened ??= openOver(base, snapshots, signal))
  const placeOf = async (path: ByteString): Promise<ByteString> => joinName(fromText((await openLayer()).layer.path), path)

  async function removeMissing(before: ContextMirror): Promise<void> {
    for (const path of before.files.keys()) if (!files.has(path) && folders.has(parentOf(path))) await removeAt(await placeOf(times.touched(path)))
  }

  /** When all files are there that they may be links to. */
  async function makeHardLinks(): Promise<void> {
    for (const { path, stamp, linkTarget } of hardLinks) {
      const target = files.get(linkTarget)
      if (target === undefined) throw new ContextEntryError(path)
      await removeAt(await placeOf(times.touched(path)))
      link(bytesOf(await placeOf(linkTarget)), bytesOf(await placeOf(path)))
      files.set(path, { stamp, content: target.content })
    }
  }

  return {
    isCurrent({ path, kind, stamp, mtimeNs }) {
      if (!folders.has(parentOf(path)) || files.has(path) || !isPlain(path)) throw new ContextEntryError(path)
      times.given({ path, kind, mtimeNs })
      if (kind === 'folder') folders.add(path)
      const before = base?.files.get(path)
      const isSame = before?.stamp === stamp
      files.set(path, isSame ? before : { stamp, content: undefined })
      return isSame
    },
    async put(file, writeContent) {
      if (file.kind === 'file' && file.linkTarget !== '') return void hardLinks.push(file)
      const place = await placeOf(times.touched(file.path))
      if (file.kind === 'folder') {
        changedFolders.push(file)
        return makeFolder(place)
      }
      await removeAt(place)
      if (file.kind === 'file') files.set(file.path, { stamp: file.stamp, content: await writeContent(place) })
      else symlinkSync(bytesOf(file.linkTarget), bytesOf(place))
      applyMetadata(place, file.metadata, file.kind === 'file' ? 'other' : 'symlink')
    },
    async finish() {
      if (base !== undefined) await removeMissing(base)
      await makeHardLinks()
      if (base !== undefined && opened === undefined) return base
      const { layer, levels } = await openLayer()
      for (const { path, metadata } of changedFolders) applyMetadata(await placeOf(path), metadata, 'other')
      await times.restore(placeOf)
      return { snapshot: await layer.commit(), levels, files }
    },
    async [Symbol.asyncDispose]() {
      if (opened !== undefined) await (await opened).layer[Symbol.asyncDispose]()
    },
  }
}

interface OpenedLayer {
  readonly layer: MutableSnapshot
  /** With it. */
  readonly levels: number
}

async function openOver(base: ContextMirror | undefined, snapshots: SnapshotStore, signal: AbortSignal): Promise<OpenedLayer> {
  const folded = base?.levels === MAX_LEVELS ? await snapshots.openFolded(base.snapshot, signal) : undefined
  if (folded !== undefined) return { layer: folded, levels: FOLDED_LEVELS + 1 }
  return { layer: await snapshots.openMutable(base?.snapshot, signal), levels: (base?.levels ?? 0) + 1 }
}

/** Asks first: nearly always nothing is there, and `rm` takes many times longer to find that out. */
async function removeAt(place: ByteString): Promise<void> {
  if (findStat(place) !== undefined) await rm(bytesOf(place), { recursive: true, force: true })
}

/** Asked of each file of a folder: without making parts of the path. */
function isPlain(path: ByteString): boolean {
  return !NO_NAME.test(path)
}

/** A name that is empty, or leads elsewhere. */
const NO_NAME = /(?:^|\/)\.{0,2}(?:\/|$)/

function isUsable(mirror: ContextMirror | undefined, snapshots: SnapshotStore): boolean {
  return mirror !== undefined && mirror.levels <= MAX_LEVELS && snapshots.touch(mirror.snapshot) && snapshots.get(mirror.snapshot)?.state === 'present'
}

async function makeFolder(place: ByteString): Promise<void> {
  const existing = findStat(place)
  if (existing?.isDirectory() === true) return
  if (existing !== undefined) await rm(bytesOf(place))
  mkdirSync(bytesOf(place))
}

/** A client sends what no folder can have in it. */
export class ContextEntryError extends BuildError {
  readonly kind = 'corrupt'
  constructor(path: ByteString) {
    super(`the client sent an entry that cannot be: ${JSON.stringify(textOfBytes(path))}`)
  }
}
