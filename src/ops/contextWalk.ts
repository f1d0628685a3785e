import { createReadStream, readlinkSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FileStat, TreeFilter, TreeSource } from '../api/fileSync.ts'
import { BuildError } from '../ground/errors.ts'
import { bytesOf, fromText, textOfBytes, type ByteString } from '../kit/byteString.ts'
import { readXattrs } from '../kit/syscalls.ts'
import { walkFolder, type WalkedFile } from './context/folderWalk.ts'
import { joinName } from './files/rootPath.ts'

/** So many entries between two turns of the event loop. */
const ENTRIES_PER_TURN = 512

/** The part of a folder that `filter` names, as a client sends it: everything is root's. @throws ContextNameError for names that are not UTF-8, which the protocol cannot carry */
export function openFolderTree(root: string, filter: TreeFilter): TreeSource {
  const base = fromText(root)
  return {
    async *walk(signal) {
      const linked = new Map<string, string>()
      let count = 0
      for (const file of walkFolder(base, filter)) {
        if (++count % ENTRIES_PER_TURN === 0) await nextTurn()
        signal.throwIfAborted()
        if (!file.stat.isSocket()) yield toFileStat(base, file, linked)
      }
    },
    async *read(path, signal) {
      yield* createReadStream(bytesOf(joinName(base, fromText(path))), { signal, highWaterMark: 256 * 1024 })
    },
  }
}

/** `linked`: by inode, the path at which the walk met a file of several links first. */
function toFileStat(base: ByteString, { path, stat }: WalkedFile, linked: Map<string, string>): FileStat {
  const text = textOfBytes(path)
  if (fromText(text) !== path) throw new ContextNameError(text)
  const inode = `${stat.dev}:${stat.ino}`
  const first = stat.isFile() && stat.nlink > 1n ? linked.get(inode) : undefined
  if (first === undefined) linked.set(inode, text)
  const host = joinName(base, path)
  return {
    path: text,
    mode: Number(stat.mode),
    uid: 0,
    gid: 0,
    sizeBytes: stat.isFile() && first === undefined ? Number(stat.size) : 0,
    mtimeNs: stat.mtimeNs,
    linkTarget: stat.isSymbolicLink() ? readlinkSync(bytesOf(host)) : (first ?? ''),
    ...deviceNumbers(stat.rdev),
    xattrs: stat.isFile() || stat.isDirectory() ? contextXattrs(host) : NO_XATTRS,
  }
}

const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map()

/** Those of the user; labels and capabilities are this machine's. */
export function contextXattrs(host: ByteString): ReadonlyMap<string, Uint8Array> {
  const all = readXattrs(bytesOf(host))
  return all.size === 0 ? NO_XATTRS : new Map([...all].filter(([name]) => name.startsWith('user.')))
}

export function deviceNumbers(rdev: bigint): Pick<FileStat, 'deviceMajor' | 'deviceMinor'> {
  return {
    deviceMajor: Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n)),
    deviceMinor: Number((rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n)),
  }
}

export class ContextNameError extends BuildError {
  readonly kind = 'usage'
  constructor(path: string) {
    super(`file name ${JSON.stringify(path)} of the build context is not UTF-8`, { hint: 'rename it, or exclude it in .dockerignore' })
  }
}
