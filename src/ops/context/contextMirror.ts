import { readFile } from 'node:fs/promises'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { digestHex, digestOf, type Digest } from '../../ground/digest.ts'
import { writeFileAtomically } from '../../kit/files/atomicFile.ts'
import { asByteString, type ByteString } from '../../kit/byteString.ts'
import type { SnapshotId } from '../../snapshot/snapshotStore.ts'
import { errorCode } from '../files/errorCode.ts'

/** What was brought of a client's folder last time. */
export interface ContextMirror {
  readonly snapshot: SnapshotId
  /** How many snapshots of the folder it stands on, itself included. */
  readonly levels: number
  readonly files: ReadonlyMap<ByteString, MirroredFile>
}

export interface MirroredFile {
  /** All that would tell a change of it. */
  readonly stamp: string
  /** Of a regular file's content; undefined of all others. */
  readonly content: Digest | undefined
}

/** Mirrors by name. Losing one costs time, no more. */
export interface ContextMirrors {
  /** Undefined where there is none that can be read. */
  read(name: string): Promise<ContextMirror | undefined>
  /** Replaces the one before. */
  write(name: string, mirror: ContextMirror): Promise<void>
}

/** In files of `folder`, one a mirror. */
export function createFileMirrors(folder: string): ContextMirrors {
  const pathOf = (name: string): string => join(folder, `${digestHex(digestOf(name))}.json`)
  return {
    async read(name) {
      try {
        return parseMirror(await readFile(pathOf(name), 'utf8'))
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return undefined
        throw error
      }
    },
    async write(name, { snapshot, levels, files }) {
      mkdirSync(folder, { recursive: true })
      await writeFileAtomically(pathOf(name), JSON.stringify([FORMAT, snapshot, levels, flatten(files)]), { mode: 0o600, mayBeLost: true })
    },
  }
}

/** Another one is another release's. */
const FORMAT = 2

/** One list of texts, three a file: it is parsed in a third of the time of a list of lists. */
function flatten(files: ContextMirror['files']): readonly string[] {
  return [...files].flatMap(([path, { stamp, content }]) => [path, stamp, content ?? ''])
}

function parseMirror(text: string): ContextMirror | undefined {
  const [format, snapshot, levels, list] = parseList(text)
  if (format !== FORMAT || typeof snapshot !== 'string' || typeof levels !== 'number' || !Array.isArray(list)) return undefined
  const files = new Map<ByteString, MirroredFile>()
  const texts = list as readonly string[]
  for (let at = 0; at + 2 < texts.length; at += 3) {
    const content = texts[at + 2] ?? ''
    files.set(asByteString(texts[at] ?? ''), { stamp: texts[at + 1] ?? '', content: content === '' ? undefined : (content as Digest) })
  }
  return { snapshot: snapshot as SnapshotId, levels, files }
}

function parseList(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : []
  } catch {
    return [] // as good as absent
  }
}
