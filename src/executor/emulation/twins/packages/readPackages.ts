import type { OpenFolder } from '../../../../archive/safePath.ts'
import { findFile, keyOf, MAX_LIST_BYTES, readRootFile } from '../rootFiles.ts'
import { parseAlpineInstalled } from './alpineDatabase.ts'
import { parseDebianStatus } from './debianDatabase.ts'
import type { PackageDatabase } from './packageDatabase.ts'

export interface PackageReader {
  /** Undefined where there is no database that is known. One that has not changed is not read again. */
  read(root: OpenFolder, signal: AbortSignal): Promise<PackageDatabase | undefined>
}

const PLACES: readonly (readonly [path: string, parse: (text: string) => PackageDatabase])[] = [
  ['/var/lib/dpkg/status', parseDebianStatus],
  ['/lib/apk/db/installed', parseAlpineInstalled],
  ['/usr/lib/apk/db/installed', parseAlpineInstalled],
]

/** Of a few images, each for a few platforms. */
const MAX_KEPT = 64

export function createPackageReader(): PackageReader {
  const kept = new Map<string, PackageDatabase>()
  return {
    async read(root, signal) {
      for (const [path, parse] of PLACES) {
        const file = findFile(root, path)
        if (file === undefined || file.identity.sizeBytes === 0n) continue
        const known = kept.get(keyOf(file))
        if (known !== undefined) return known
        const text = (await readRootFile(root, file, signal, MAX_LIST_BYTES))?.toString('utf8')
        if (text === undefined) return undefined
        if (kept.size >= MAX_KEPT) kept.clear()
        const database = parse(text)
        kept.set(keyOf(file), database)
        return database
      }
      return undefined
    },
  }
}
