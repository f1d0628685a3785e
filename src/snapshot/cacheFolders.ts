import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { digestOf } from '../ground/digest.ts'
import { bytesOf, fromText, type ByteString } from '../kit/byteString.ts'
import type { Database } from '../kit/database.ts'
import { acquireLock, tryLock, type FileLock, type LockKind } from '../kit/files/fileLock.ts'
import { pause } from '../kit/retry.ts'
import { openCacheFolderTable, type CacheFolderTable } from './internal/cacheFolderTable.ts'
import { copyTree, removeTree, treeSizeBytes } from './internal/fileTree.ts'
import { applyMetadata, NEW_FOLDER } from './internal/layerFile.ts'

/**
 * Folders that steps keep from build to build: those of `RUN --mount=type=cache`. Unlike snapshots they change, and are
 * part of no image. Several processes may use one store: who has a folder open holds a lock on it, which ends with its
 * process.
 */
export interface CacheFolders {
  /** Held until disposed. With `locked` it waits for who has it. @throws signal.reason */
  open(request: CacheFolderRequest, signal: AbortSignal): Promise<OpenCacheFolder>
  usage(signal: AbortSignal): Promise<readonly CacheFolderUsage[]>
  /** Removes one that nobody has open, or used since `usedBefore` (in ms since the epoch); false where it stays. */
  remove(id: string, usedBefore: number): Promise<boolean>
  /** Has the next to come begin anew; who has one open keeps it to the end. */
  forget(cacheIds: ReadonlySet<string>): Promise<void>
  /** Removes what killed processes left. */
  sweep(): Promise<void>
}

export interface CacheFolderRequest {
  /** Those of one id and one beginning are the same. */
  readonly cacheId: string
  /** What a new one begins with: its content's digest, and where it is. Undefined is an empty folder. */
  readonly beginning: { readonly digest: string; readonly path: string } | undefined
  readonly sharing: 'shared' | 'private' | 'locked'
  readonly description: string
}

export interface OpenCacheFolder extends AsyncDisposable {
  readonly path: string
}

export interface CacheFolderUsage {
  readonly id: string
  readonly cacheId: string
  readonly description: string
  readonly sizeBytes: number
  readonly createdAt: number
  readonly lastUsedAt: number
  readonly inUse: boolean
}

export interface CacheFolderPlace {
  /** The store's folder: they are in `cachemounts/`. */
  readonly root: string
  readonly database: Database
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

interface Context {
  readonly folder: string
  readonly table: CacheFolderTable
  readonly now: () => number
}

/*
 * `<id>/` is a folder, `<id>.lock` its lock: held shared by those that share it, else exclusively. It is made and filled
 * under its lock, then gets its row; one without a row is nobody's. To choose or make one, a process holds
 * `keys/<key>.lock`, so that two that come at once share what the first one makes.
 */
export function createCacheFolders({ root, database, now }: CacheFolderPlace): CacheFolders {
  const folder = join(root, 'cachemounts')
  mkdirSync(join(folder, KEYS), { recursive: true })
  const context: Context = { folder, table: openCacheFolderTable(database), now }
  return {
    open: (request, signal) => open(request, context, signal),
    usage: (signal) => readUsage(context, signal),
    async remove(id, usedBefore) {
      const row = context.table.get(id)
      if (row !== undefined && row.lastUsedAt >= usedBefore) return false
      return await removeUnused(id, context)
    },
    async forget(cacheIds) {
      for (const { id, cacheId } of context.table.list()) {
        if (!cacheIds.has(cacheId)) continue
        context.table.remove(id)
        await removeUnused(id, context)
      }
    },
    async sweep() {
      const ids = readdirSync(folder).filter((name) => name.endsWith(LOCK_SUFFIX)).map((name) => name.slice(0, -LOCK_SUFFIX.length))
      for (const id of ids) if (context.table.get(id) === undefined) await removeUnused(id, context)
    },
  }
}

const KEYS = 'keys'
const LOCK_SUFFIX = '.lock'

/** How long who waits for a locked one leaves the choice to others. */
const RETRY_MS = 50

async function open(request: CacheFolderRequest, context: Context, signal: AbortSignal): Promise<OpenCacheFolder> {
  const key = digestOf(JSON.stringify([request.cacheId, request.beginning?.digest ?? ''])).slice(KEY_START, KEY_START + KEY_LENGTH)
  for (;;) {
    const taken = await withKey(key, context, signal, () => takeOrMake(key, request, context, signal))
    if (taken !== undefined) return openFolder(taken, context)
    await pause(RETRY_MS, signal)
  }
}

const KEY_START = 'sha256:'.length
const KEY_LENGTH = 32

/** Runs `work` while no other process chooses among the folders of `key`. */
 
async function withKey<T>(key: string, { folder }: Context, signal: AbortSignal, work: () => T | Promise<T>): Promise<T> {
  const choice = await acquireLock(join(folder, KEYS, `${key}${LOCK_SUFFIX}`), 'exclusive', signal)
  try {
    return await work()
  } finally {
    choice.remove()
  }
}

interface Taken {
  readonly id: string
  readonly lock: FileLock
}

/** Undefined where one has to wait and ask again. */
async function takeOrMake(key: string, request: CacheFolderRequest, context: Context, signal: AbortSignal): Promise<Taken | undefined> {
  const kind: LockKind = request.sharing === 'shared' ? 'shared' : 'exclusive'
  const known = context.table.find(key)
  for (const { id } of known) {
    const taken = take(id, kind, context)
    if (taken !== undefined) return taken
  }
  if (request.sharing === 'locked' && known.length > 0) return undefined
  return take(await make(key, request, context, signal), kind, context)
}

function take(id: string, kind: LockKind, context: Context): Taken | undefined {
  const lock = tryLock(lockPath(id, context), kind)
  if (lock === undefined) return undefined
  if (context.table.touch(id, context.now())) return { id, lock }
  lock.remove() // it was removed in the meantime
  return undefined
}

function lockPath(id: string, { folder }: Context): string {
  return join(folder, `${id}${LOCK_SUFFIX}`)
}

async function make(key: string, { cacheId, beginning, description }: CacheFolderRequest, context: Context, signal: AbortSignal): Promise<string> {
  const id = randomBytes(12).toString('hex')
  const path = fromText(join(context.folder, id))
  const lock = await acquireLock(lockPath(id, context), 'exclusive', signal)
  try {
    if (beginning === undefined) makeEmpty(path)
    else await copyTree(fromText(beginning.path), path, 'cloned', signal)
    context.table.insert({ id, key, cacheId, description, createdAt: context.now(), lastUsedAt: context.now() })
  } catch (error) {
    await removeTree(path)
    lock.remove()
    throw error
  }
  await lock[Symbol.asyncDispose]()
  return id
}

function makeEmpty(path: ByteString): void {
  mkdirSync(bytesOf(path))
  applyMetadata(path, NEW_FOLDER, 'folder')
}

function openFolder({ id, lock }: Taken, context: Context): OpenCacheFolder {
  return {
    path: join(context.folder, id),
    async [Symbol.asyncDispose]() {
      const isKnown = context.table.touch(id, context.now())
      await lock[Symbol.asyncDispose]()
      if (!isKnown) await removeUnused(id, context) // forgotten while it was in use
    },
  }
}

/** False where somebody has it open. */
async function removeUnused(id: string, context: Context): Promise<boolean> {
  const lock = tryLock(lockPath(id, context), 'exclusive')
  if (lock === undefined) return false
  context.table.remove(id)
  await removeTree(fromText(join(context.folder, id)))
  lock.remove()
  return true
}

async function readUsage(context: Context, signal: AbortSignal): Promise<readonly CacheFolderUsage[]> {
  const usages: CacheFolderUsage[] = []
  for (const { key, ...row } of context.table.list()) {
    const sizeBytes = await treeSizeBytes(fromText(join(context.folder, row.id)), signal)
    const inUse = await withKey(key, context, signal, () => isOpen(row.id, context)) // to look is to lock for a moment
    usages.push({ ...row, sizeBytes, inUse })
  }
  return usages
}

async function isOpen(id: string, context: Context): Promise<boolean> {
  const lock = tryLock(lockPath(id, context), 'exclusive')
  await lock?.[Symbol.asyncDispose]()
  return lock === undefined
}
