import type { OpenFolder } from '../../../../archive/safePath.ts'
import { findFile, keyOf, listFolder, MAX_LIST_BYTES, readRootFile, type RootFile } from '../rootFiles.ts'
import { parseAlpineInstalled } from './alpineDatabase.ts'
import { parseDebianFragments, parseDebianStatus } from './debianDatabase.ts'
import type { PackageDatabase } from './packageDatabase.ts'

export interface PackageReader {
  /** Undefined where there is no database that is known. One that has not changed is not read again. */
  read(root: OpenFolder, signal: AbortSignal): Promise<PackageDatabase | undefined>
}

interface Place {
  /** The files that make it up; none where it is not there. */
  readonly find: (root: OpenFolder) => readonly RootFile[]
  /** Their texts, by path. */
  readonly parse: (texts: ReadonlyMap<string, string>) => PackageDatabase
}

const PLACES: readonly Place[] = [
  { find: oneFile('/var/lib/dpkg/status'), parse: (texts) => parseDebianStatus(theOnly(texts)) },
  { find: findFragments, parse: parseDebianFragments },
  { find: oneFile('/lib/apk/db/installed'), parse: (texts) => parseAlpineInstalled(theOnly(texts)) },
  { find: oneFile('/usr/lib/apk/db/installed'), parse: (texts) => parseAlpineInstalled(theOnly(texts)) },
]

function oneFile(path: string): Place['find'] {
  return (root) => [findFile(root, path)].filter((file) => file !== undefined && file.identity.sizeBytes > 0n) as readonly RootFile[]
}

function theOnly(texts: ReadonlyMap<string, string>): string {
  return [...texts.values()].join('\n')
}

/** More packages than any image has that was made so. */
const MAX_FRAGMENTS = 2000

function findFragments(root: OpenFolder): readonly RootFile[] {
  const names = listFolder(root, '/var/lib/dpkg/status.d').filter((name) => !name.endsWith('.md5sums'))
  return names.length > MAX_FRAGMENTS ? [] : names.flatMap((name) => findFile(root, `/var/lib/dpkg/status.d/${name}`) ?? [])
}

/** Of a few images, each for a few platforms. */
const MAX_KEPT = 64

export function createPackageReader(): PackageReader {
  const kept = new Map<string, PackageDatabase>()
  return {
    async read(root, signal) {
      for (const { find, parse } of PLACES) {
        const files = find(root)
        if (files.length === 0) continue
        const key = files.map(keyOf).join('\0')
        const known = kept.get(key)
        if (known !== undefined) return known
        const texts = await readTexts(root, files, signal)
        if (texts === undefined) return undefined
        if (kept.size >= MAX_KEPT) kept.clear()
        const database = parse(texts)
        kept.set(key, database)
        return database
      }
      return undefined
    },
  }
}

/** Undefined where they are larger, together, than any that is read. */
async function readTexts(root: OpenFolder, files: readonly RootFile[], signal: AbortSignal): Promise<ReadonlyMap<string, string> | undefined> {
  if (files.reduce((bytes, { identity: { sizeBytes } }) => bytes + sizeBytes, 0n) > MAX_LIST_BYTES) return undefined
  const texts = new Map<string, string>()
  for (const file of files) texts.set(file.path, (await readRootFile(root, file, signal))?.toString('utf8') ?? '')
  return texts
}
