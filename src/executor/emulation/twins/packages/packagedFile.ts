import type { OpenFolder } from '../../../../archive/safePath.ts'
import type { FactsReader, FileFacts } from '../fileFacts.ts'
import type { RootFile } from '../rootFiles.ts'
import { placeOf, type PackageDatabase } from './packageDatabase.ts'

/** A root file system with what is known of it. */
export interface PackagedRoot {
  readonly root: OpenFolder
  readonly database: PackageDatabase
  readonly facts: FactsReader
  /** That its programs are asked about. */
  readonly architecture: string
}

export interface PackagedQuestion {
  /** The package whose files are looked at, with those of all that it needs. */
  readonly name: string
  /** Whether a file of this package counts. */
  readonly isTrusted: (owner: string) => boolean
}

/** What is known of a file, if it is as a package that is trusted has brought it. */
export async function readPackaged(file: RootFile, { name, isTrusted }: PackagedQuestion, { root, database, facts, architecture }: PackagedRoot, signal: AbortSignal): Promise<FileFacts | undefined> {
  const packaged = (await database.filesFor(name, root, signal)).get(placeOf(file.path))
  if (packaged === undefined || !isTrusted(packaged.owner)) return undefined
  const found = await facts.read(root, file, { algorithm: packaged.checksum.algorithm, architecture }, signal)
  return found?.hex === packaged.checksum.hex ? found : undefined
}

/** What is known of files of one package and of those that it needs, each looked up once. */
export type PackagedReader = (file: RootFile) => Promise<FileFacts | undefined>

export function createPackagedReader(question: PackagedQuestion, root: PackagedRoot, signal: AbortSignal): PackagedReader {
  const kept = new Map<string, Promise<FileFacts | undefined>>()
  return (file) => {
    const found = kept.get(file.path) ?? readPackaged(file, question, root, signal)
    kept.set(file.path, found)
    return found
  }
}
