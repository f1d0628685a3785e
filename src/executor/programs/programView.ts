import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, posix } from 'node:path'
import { openFolderIn, openRoot, type OpenFolder } from '../../archive/safePath.ts'
import { fromText } from '../../kit/byteString.ts'
import type { ProcessSpec } from '../executor.ts'
import { readProgramFile, type ProgramFile } from './programFile.ts'

/** The files of a process, as it saw them. Only what is asked for is read. */
export interface ProgramView {
  /** Of an absolute path. */
  file(path: string): ProgramFile
  /** Names in a folder; none where it is no folder. */
  names(path: string): readonly string[]
}

/** Of a process that is over: what it had mounted is looked for where it came from; what was in memory alone is `unknown`. */
export function viewPrograms(root: OpenFolder, { mounts }: Pick<ProcessSpec, 'mounts'>): ProgramView {
  const deepestFirst = mounts.toSorted((a, b) => b.target.length - a.target.length)
  return {
    file(path) {
      const normal = posix.normalize(path)
      const mount = deepestFirst.find(({ target }) => isInside(normal, target))
      if (mount === undefined) return readProgramFile(root, normal)
      return mount.kind === 'bind' ? readMounted(mount.source, normal.slice(mount.target.length)) : { kind: 'unknown' }
    },
    names(path) {
      try {
        using folder = openFolderIn(root, fromText(path))
        return readdirSync(`/proc/self/fd/${folder.fd}`)
      } catch {
        return []
      }
    },
  }
}

function isInside(path: string, target: string): boolean {
  return path === target || path.startsWith(target.endsWith('/') ? target : `${target}/`)
}

/** A folder is a root of its own; a file stands for itself. */
function readMounted(source: string, rest: string): ProgramFile {
  try {
    const isFolder = statSync(source).isDirectory()
    using place = openRoot(isFolder ? source : dirname(source))
    return readProgramFile(place, isFolder ? join('/', rest) : `/${basename(source)}`)
  } catch {
    return { kind: 'unknown' } // taken away in the meantime
  }
}
