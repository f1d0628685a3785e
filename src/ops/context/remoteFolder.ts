import { open } from 'node:fs/promises'
import type { FileStat, TreeReceiver } from '../../api/fileSync.ts'
import type { Digest } from '../../ground/digest.ts'
import { bytesOf, fromText, textOfBytes, type ByteString } from '../../kit/byteString.ts'
import { createHasher } from '../../kit/hashing.ts'
import type { ContextSync, SyncedFile } from './contextSync.ts'

const S_IFMT = 0o170000
const KINDS: ReadonlyMap<number, SyncedFile['kind']> = new Map([
  [0o100000, 'file'],
  [0o040000, 'folder'],
  [0o120000, 'symlink'],
])

/** Brings a tree that a client sends into `sync`, asking only for the content of what changed. */
export function createSyncReceiver(sync: ContextSync, onBytes: (sizeBytes: number) => void): TreeReceiver {
  return {
    async entry(stat) {
      const file = toSyncedFile(stat)
      if (file === undefined || sync.isCurrent({ ...file, mtimeNs: file.metadata.mtimeNs })) return 'no-content'
      if (file.kind === 'file' && file.linkTarget === '') return 'content'
      await sync.put(file, writeNothing)
      return 'no-content'
    },
    async content(stat, chunks) {
      const file = toSyncedFile(stat)
      if (file !== undefined) await sync.put(file, (place) => writeContent(place, counted(chunks, onBytes)))
    },
    async end() {
      // `ContextSync.finish` ends it, for both ways that a folder comes
    },
  }
}

/** Undefined for what is no part of a context: devices, pipes. */
function toSyncedFile({ path, mode, sizeBytes, mtimeNs, linkTarget, xattrs }: FileStat): SyncedFile | undefined {
  const kind = KINDS.get(mode & S_IFMT)
  if (kind === undefined) return undefined
  const stamp = kind === 'folder' ? `${mode}` : `${mode} ${sizeBytes} ${mtimeNs} ${linkTarget}`
  const kept = new Map([...xattrs].filter(([name]) => name.startsWith('user.')))
  return { path: fromText(path), kind, stamp, metadata: { mode: mode & 0o7777, uid: 0, gid: 0, mtimeNs, xattrs: kept }, linkTarget: fromText(linkTarget) }
}

async function writeNothing(place: ByteString): Promise<never> {
  throw new TypeError(`${textOfBytes(place)} has no content of its own`)
}

async function writeContent(place: ByteString, chunks: AsyncIterable<Uint8Array>): Promise<Digest> {
  const hasher = createHasher()
  await using file = await open(bytesOf(place), 'wx', 0o600)
  for await (const chunk of hasher.pass(chunks)) await file.writeFile(chunk)
  return hasher.result().digest
}

async function* counted(chunks: AsyncIterable<Uint8Array>, onBytes: (sizeBytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    onBytes(chunk.byteLength)
    yield chunk
  }
}
