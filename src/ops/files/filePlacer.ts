import { readlinkSync, symlinkSync, type BigIntStats } from 'node:fs'
import { bytesOf, type ByteString } from '../../kit/byteString.ts'
import { link, mknod } from '../../kit/syscalls.ts'
import { cloneFile } from '../../kit/syscalls/cloneFile.ts'
import { errorCode } from './errorCode.ts'
import type { LinkSource } from './linkSource.ts'
import { applyMetadata, findStat, type FileMetadata } from './metadata.ts'

/** A file on its way from an immutable tree into a layer that is being made. */
export interface PlacedFile {
  readonly source: ByteString
  readonly stat: BigIntStats
  /** A name that is free. */
  readonly target: ByteString
  /** What the file has at its source. */
  readonly metadata: FileMetadata
  /** What it is to have. */
  readonly wanted: FileMetadata
}

/** Puts the files of one layer in their places. */
export interface FilePlacer {
  /**
   * A hard link to the source where all that a file has agrees and the file systems allow it, else a copy. `siblings`
   * are the files of the same copy by inode: what were links of one another stay so.
   */
  place(file: PlacedFile, siblings: Map<string, ByteString>, signal: AbortSignal): Promise<void>
}

/** `linkSource`: from a source to the inode that it can be linked to. */
export function createFilePlacer(linkSource: LinkSource): FilePlacer {
  // Of several links to one inode in a layer, its reader would make hard links that nobody asked for.
  const linked = new Set<string>()
  let canLink = true

  /** False where there cannot be one. */
  function tryLink({ source, target, stat, metadata, wanted }: PlacedFile): boolean {
    if (!canLink || !agrees(metadata, wanted)) return false
    const existing = linkSource(source)
    const inode = existing === undefined ? undefined : inodeOfSame(existing, source, stat)
    if (existing === undefined || inode === undefined || linked.has(inode)) return false
    try {
      link(bytesOf(existing), bytesOf(target))
    } catch (error) {
      if (!NO_LINK.has(errorCode(error))) throw error
      canLink = errorCode(error) === 'EMLINK' // which is this file's own affair
      return false
    }
    linked.add(inode)
    return true
  }

  async function placeRegular(file: PlacedFile, siblings: Map<string, ByteString>, signal: AbortSignal): Promise<void> {
    const inode = inodeOf(file.stat)
    const sibling = file.stat.nlink > 1n ? siblings.get(inode) : undefined
    if (sibling !== undefined) {
      link(bytesOf(sibling), bytesOf(file.target))
      return
    }
    if (!tryLink(file)) {
      await cloneFile(bytesOf(file.source), bytesOf(file.target), signal)
      applyMetadata(file.target, file.wanted, 'other')
    }
    if (file.stat.nlink > 1n) siblings.set(inode, file.target)
  }

  return {
    async place(file, siblings, signal) {
      if (file.stat.isFile()) return placeRegular(file, siblings, signal)
      if (file.stat.isSymbolicLink()) {
        symlinkSync(readlinkSync(bytesOf(file.source), { encoding: 'buffer' }), bytesOf(file.target))
        applyMetadata(file.target, file.wanted, 'symlink')
      } else if (!file.stat.isSocket()) {
        mknod(bytesOf(file.target), Number(file.stat.mode), ...deviceNumbers(file.stat.rdev))
        applyMetadata(file.target, file.wanted, 'other')
      }
    },
  }
}

const NO_LINK: ReadonlySet<string> = new Set(['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP'])

/** Undefined where `existing` is not the file that `source` shows. */
function inodeOfSame(existing: ByteString, source: ByteString, seen: BigIntStats): string | undefined {
  if (existing === source) return inodeOf(seen)
  const stat = findStat(existing)
  return stat?.isFile() === true && stat.size === seen.size && stat.mtimeNs === seen.mtimeNs ? inodeOf(stat) : undefined
}

function inodeOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`
}

function agrees(metadata: FileMetadata, wanted: FileMetadata): boolean {
  return metadata.uid === wanted.uid && metadata.gid === wanted.gid && metadata.mode === wanted.mode && metadata.mtimeNs === wanted.mtimeNs && metadata.xattrs === wanted.xattrs
}

/** As glibc's `gnu_dev_major` and `gnu_dev_minor`. */
function deviceNumbers(rdev: bigint): [major: number, minor: number] {
  return [Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n)), Number((rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n))]
}
