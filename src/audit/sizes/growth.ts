import { textOfBytes } from '../../kit/byteString.ts'
import { folderOf } from './folderOf.ts'
import type { ImageFile, ImageFiles } from './imageFiles.ts'

/** What became of an image's size since an older one. */
export interface Growth {
  readonly beforeBytes: number
  readonly afterBytes: number
  /** By how much it changed, either way: the most first. */
  readonly folders: readonly FolderGrowth[]
  readonly files: readonly FileGrowth[]
}

export interface FolderGrowth {
  readonly path: string
  readonly deltaBytes: number
  readonly newFiles: number
  readonly changedFiles: number
  readonly goneFiles: number
}

export interface FileGrowth {
  readonly path: string
  readonly kind: 'new' | 'grown' | 'shrunk' | 'gone'
  readonly beforeBytes: number
  readonly afterBytes: number
}

/** Files of equal size, or without bytes on either side, are no part of it. */
export function measureGrowth(older: ImageFiles, newer: ImageFiles): Growth {
  const before = new Map(older.files.map((file) => [file.path as string, file]))
  const files: FileGrowth[] = []
  for (const file of newer.files) {
    const was = before.get(file.path)
    before.delete(file.path)
    if ((was?.sizeBytes ?? 0) !== file.sizeBytes) files.push(describe(was, file))
  }
  for (const file of before.values()) if (file.sizeBytes > 0) files.push(describe(file, undefined))
  return { beforeBytes: sum(older.files), afterBytes: sum(newer.files), folders: foldersOf(files), files: files.toSorted(byChange) }
}

function describe(was: ImageFile | undefined, is: ImageFile | undefined): FileGrowth {
  const path = textOfBytes((is ?? was)?.path ?? ('' as ImageFile['path']))
  const [beforeBytes, afterBytes] = [was?.sizeBytes ?? 0, is?.sizeBytes ?? 0]
  const kind = was === undefined ? 'new' : is === undefined ? 'gone' : afterBytes > beforeBytes ? 'grown' : 'shrunk'
  return { path: `/${path}`, kind, beforeBytes, afterBytes }
}

function foldersOf(files: readonly FileGrowth[]): readonly FolderGrowth[] {
  const groups = Map.groupBy(files, ({ path }) => folderOf(path.slice(1)))
  const count = (own: readonly FileGrowth[], ...kinds: readonly FileGrowth['kind'][]): number => own.filter(({ kind }) => kinds.includes(kind)).length
  return [...groups]
    .map(([path, own]) => ({
      path,
      deltaBytes: own.reduce((total, file) => total + deltaOf(file), 0),
      newFiles: count(own, 'new'),
      changedFiles: count(own, 'grown', 'shrunk'),
      goneFiles: count(own, 'gone'),
    }))
    .toSorted((a, b) => Math.abs(b.deltaBytes) - Math.abs(a.deltaBytes))
}

function byChange(a: FileGrowth, b: FileGrowth): number {
  return Math.abs(deltaOf(b)) - Math.abs(deltaOf(a))
}

function deltaOf({ beforeBytes, afterBytes }: FileGrowth): number {
  return afterBytes - beforeBytes
}

function sum(files: readonly ImageFile[]): number {
  return files.reduce((total, { sizeBytes }) => total + sizeBytes, 0)
}
