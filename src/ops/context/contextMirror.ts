import { readFile } from 'node:fs/promises'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { digestHex, digestOf } from '../../ground/digest.ts'
import { writeFileAtomically } from '../../kit/atomicFile.ts'
import type { ByteString } from '../../kit/byteString.ts'
import type { SnapshotId } from '../../snapshot/snapshotStore.ts'
import { errorCode } from '../files/errorCode.ts'

/** What was brought of a client's folder last time. */
export interface ContextMirror {
  readonly snapshot: SnapshotId
  /** How many snapshots of the folder it stands on, itself included. */
  readonly levels: number
  /** By path, all that would tell a change of the file. */
  readonly stamps: ReadonlyMap<ByteString, string>
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
    async write(name, { snapshot, levels, stamps }) {
      mkdirSync(folder, { recursive: true })
      await writeFileAtomically(pathOf(name), JSON.stringify([FORMAT, snapshot, levels, [...stamps].flat()]), { mode: 0o600 })
    },
  }
}

/** Another one is another release's. */
const FORMAT = 1

/** Of one flat list: that is parsed in a third of the time of a list of pairs. */
function parseMirror(text: string): ContextMirror | undefined {
  const value = parseList(text)
  const [format, snapshot, levels, list] = value
  if (format !== FORMAT || typeof snapshot !== 'string' || typeof levels !== 'number' || !Array.isArray(list)) return undefined
  const stamps = new Map<ByteString, string>()
  for (let at = 0; at + 1 < list.length; at += 2) stamps.set(list[at] as ByteString, list[at + 1] as string)
  return { snapshot: snapshot as SnapshotId, levels, stamps }
}

function parseList(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : []
  } catch {
    return [] // as good as absent
  }
}
