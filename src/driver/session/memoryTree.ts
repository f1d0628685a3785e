import { constants } from 'node:fs'
import type { FileStat, TreeSource } from '../../api/fileSync.ts'
import { compareTreePaths } from '../../api/treeOrder.ts'

/** Files given as bytes, seen as a folder: a Dockerfile from the standard input. All of them, whatever is asked for. */
export function createMemoryTree(files: ReadonlyMap<string, Uint8Array>): TreeSource {
  return {
    async *walk() {
      const folders = new Set([...files.keys()].flatMap(parentsOf))
      for (const path of [...files.keys(), ...folders].toSorted(compareTreePaths)) yield statOf(path, files.get(path))
    },
    async *read(path) {
      const bytes = files.get(path)
      if (bytes !== undefined) yield bytes
    },
  }
}

function parentsOf(path: string): readonly string[] {
  return [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index))
}

/** Undefined bytes are a folder. No time: equal bytes are the same file in each build. */
function statOf(path: string, bytes: Uint8Array | undefined): FileStat {
  const mode = bytes === undefined ? constants.S_IFDIR | 0o755 : constants.S_IFREG | 0o644
  return { path, mode, uid: 0, gid: 0, sizeBytes: bytes?.byteLength ?? 0, mtimeNs: 0n, linkTarget: '', deviceMajor: 0, deviceMinor: 0, xattrs: new Map() }
}
