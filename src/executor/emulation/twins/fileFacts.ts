import type { OpenFolder } from '../../../archive/safePath.ts'
import { findConfiguration } from './toolchain/gccConfiguration.ts'
import { findHeaderFolders, type HeaderFolders } from './toolchain/headerFolders.ts'
import { parseProgramNeeds, type ProgramNeeds } from './nativeProgram.ts'
import type { Checksum } from './packages/packageDatabase.ts'
import { hashBytes, keyOf, readRootFile, type RootFile } from './rootFiles.ts'

/** What is in a file, read once for as long as it stays the same. */
export interface FileFacts {
  readonly hex: string
  /** As a program for the architecture asked for; undefined where it is none. */
  readonly needs: ProgramNeeds | undefined
  /** Of a loader: whether it takes argv[0] from its command line. */
  readonly takesArgv0: boolean
  /** Whether it has the name of its own file in `/proc` in it: a twin's is the loader's. */
  readonly asksForItself: boolean
  /** Of a part of gcc: how it was configured; undefined of others. */
  readonly configuration: string | undefined
  /** Of a compiler of gcc's: where it looks for headers. */
  readonly headerFolders: HeaderFolders | undefined
}

export interface FactsQuestion {
  readonly algorithm: Checksum['algorithm']
  readonly architecture: string
}

export interface FactsReader {
  /** Undefined where it is too large to be looked at. */
  read(root: OpenFolder, file: RootFile, question: FactsQuestion, signal: AbortSignal): Promise<FileFacts | undefined>
}

/** Some hundreds of tools and libraries for each of a few base images. */
const MAX_KEPT = 8192

export function createFactsReader(): FactsReader {
  const kept = new Map<string, FileFacts>()
  return {
    async read(root, file, { algorithm, architecture }, signal) {
      const key = [keyOf(file), algorithm, architecture].join('\0')
      const known = kept.get(key)
      if (known !== undefined) return known
      const bytes = await readRootFile(root, file, signal)
      if (bytes === undefined) return undefined
      const configuration = findConfiguration(bytes)
      const facts = { hex: hashBytes(bytes, algorithm), needs: parseProgramNeeds(bytes, architecture), takesArgv0: bytes.includes('argv0'), asksForItself: bytes.includes('/proc/self/exe'), configuration, headerFolders: configuration === undefined ? undefined : findHeaderFolders(bytes) }
      if (kept.size >= MAX_KEPT) kept.clear()
      kept.set(key, facts)
      return facts
    },
  }
}
