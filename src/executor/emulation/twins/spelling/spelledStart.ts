import type { OpenFolder } from '../../../../archive/safePath.ts'
import { findWords, type Spelling, type WordPair } from './compiledWord.ts'
import { keyOf, readRootFile, type RootFile } from '../rootFiles.ts'
import type { SpelledCopy } from './spelledCopy.ts'
import { LINK_FOLDER } from '../setting/twinFolder.ts'
import type { NativeStart } from '../twinStart.ts'

/*
 * Programs that have the name of their architecture in them run as copies, in which it is that of the step; so do those of
 * their libraries that have it.
 */

/** A file of the sibling, and the step's own: the same one, built for two architectures. */
export interface BuiltTwice {
  readonly file: RootFile
  readonly counterpart: RootFile
}

export interface SpellDeps {
  readonly sibling: OpenFolder
  readonly step: OpenFolder
  readonly words: WordPair
  readonly reader: WordReader
  readonly signal: AbortSignal
}

/** Where words are in files, looked for once for as long as they stay the same. */
export interface WordReader {
  /** As `findWords`. */
  find(both: BuiltTwice, deps: Omit<SpellDeps, 'reader'>): Promise<readonly Spelling[] | undefined>
}

/** Some dozens of files for each of a few base images. */
const MAX_KEPT = 4096

export function createWordReader(): WordReader {
  const kept = new Map<string, readonly Spelling[] | undefined>()
  return {
    async find({ file, counterpart }, { sibling, step, words, signal }) {
      const key = [keyOf(file), keyOf(counterpart), words.native, words.target].join('\0')
      if (kept.has(key)) return kept.get(key)
      const [bytes, others] = [await readRootFile(sibling, file, signal), await readRootFile(step, counterpart, signal)]
      const found = bytes === undefined || others === undefined ? undefined : findWords(bytes, others, words)
      if (kept.size >= MAX_KEPT) kept.clear()
      kept.set(key, found)
      return found
    },
  }
}

/** `start` by such copies. Undefined where there can be none. `libraries` are by the names that they are looked for. */
export async function spellStart(start: NativeStart, program: BuiltTwice, libraries: ReadonlyMap<string, BuiltTwice>, deps: SpellDeps): Promise<NativeStart | undefined> {
  const wanted = [[`${COPY_FOLDER}/${program.file.path}`, program] as const, ...[...libraries].map(([name, both]) => [`${LIBRARY_COPIES}/${name}`, both] as const)]
  const copies: SpelledCopy[] = []
  for (const [path, both] of wanted) {
    const spellings = await deps.reader.find(both, deps)
    if (spellings === undefined) return undefined
    if (spellings.length > 0) copies.push({ path, folder: start.folder, file: both.file, spellings })
  }
  return copies.length === 0 ? start : withCopies(start, program.file, copies)
}

/** `start` by a copy of the program with these spellings. */
export function spellProgram(start: NativeStart, file: RootFile, spellings: readonly Spelling[]): NativeStart | undefined {
  return withCopies(start, file, [{ path: `${COPY_FOLDER}/${file.path}`, folder: start.folder, file, spellings }])
}

const COPY_FOLDER = 'copies'
const LIBRARY_COPIES = `${COPY_FOLDER}/lib`

/** The words of `start` are a loader's: they name where libraries are, and last the program. Undefined where there is none. */
export function withCopies(start: NativeStart, program: RootFile, copies: readonly SpelledCopy[]): NativeStart | undefined {
  const own = copies.find(({ file }) => file === program)
  const hasLibraries = copies.some(({ path }) => path.startsWith(`${LIBRARY_COPIES}/`))
  const libraryPath = start.words.indexOf('--library-path') + 1
  if (libraryPath === 0) return undefined
  const words = start.words.map((word, index) => {
    if (own !== undefined && index === start.words.length - 1) return `${LINK_FOLDER}/${own.path}`
    return hasLibraries && index === libraryPath ? `${LINK_FOLDER}/${LIBRARY_COPIES}:${String(word)}` : word
  })
  return { ...start, words, copies }
}
