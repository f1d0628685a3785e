/*
 * A word that is compiled into a program: Debian's name of the architecture. Of two programs of one source, built for two
 * architectures, it says where the one has its word, so that a copy can be made that has the other's.
 */

/** The same word as two architectures have it. */
export interface WordPair {
  readonly native: string
  readonly target: string
}

/** As Debian calls architectures. */
export function debianWords(native: string, target: string): WordPair {
  return { native: DEBIAN_NAMES.get(native) ?? native, target: DEBIAN_NAMES.get(target) ?? target }
}

const DEBIAN_NAMES: ReadonlyMap<string, string> = new Map([['arm', 'armhf'], ['386', 'i386'], ['ppc64le', 'ppc64el']])

/** So much of a word may be part of an instruction: compilers write short texts as numbers of 32 bits. */
const HEAD_BYTES = 4

/** What is to stand at an offset, in the place of as many bytes. */
export interface Spelling {
  readonly offset: number
  readonly text: string
}

/**
 * Where `native` has its word, and what is to stand there instead; empty where neither file has one.
 * Undefined where that would not make of `native` what `target`, the same program of the same source, is: the words have
 * another length, there is not one for each of `target`'s, or one of the files names both architectures.
 */
export function findWords(native: Buffer, target: Buffer, words: WordPair): readonly Spelling[] | undefined {
  const [own, counterpart] = [occurrences(native, words.native), occurrences(target, words.target)]
  if (own.whole.length + own.split.length !== counterpart.whole.length + counterpart.split.length) return undefined
  if (own.whole.length + own.split.length === 0) return []
  if (words.native.length !== words.target.length || (own.split.length > 0 && !haveOneTail(words))) return undefined
  const [foreign, counterpartForeign] = [occurrences(native, words.target), occurrences(target, words.native)]
  if (foreign.whole.length + counterpartForeign.whole.length + foreign.split.length + counterpartForeign.split.length > 0) return undefined
  if (own.longer.join(' ') !== counterpartForeign.longer.join(' ') || foreign.longer.join(' ') !== counterpart.longer.join(' ')) return undefined
  return [...own.whole.map((offset) => ({ offset, text: words.target })), ...own.split.map((offset) => ({ offset, text: words.target.slice(0, HEAD_BYTES) }))]
}

function haveOneTail({ native, target }: WordPair): boolean {
  return native.slice(HEAD_BYTES) === target.slice(HEAD_BYTES)
}

interface Occurrences {
  /** Offsets of the word as a text of its own. */
  readonly whole: readonly number[]
  /** Offsets of the beginning of one whose end stands elsewhere. */
  readonly split: readonly number[]
  /** Texts that have the word as a part, and mean something else: `amd64-microcode`. Sorted. */
  readonly longer: readonly string[]
}

function occurrences(bytes: Buffer, word: string): Occurrences {
  const [whole, split, longer]: [number[], number[], string[]] = [[], [], []]
  for (let at = bytes.indexOf(word.slice(0, HEAD_BYTES), 0, 'latin1'); at >= 0; at = bytes.indexOf(word.slice(0, HEAD_BYTES), at + 1, 'latin1')) {
    if (bytes.toString('latin1', at, at + word.length) !== word) split.push(at)
    else {
      const text = textAround(bytes, at, word.length)
      if (text === word) whole.push(at)
      else longer.push(text)
    }
  }
  return { whole, split, longer: longer.toSorted() }
}

/** Letters, digits, and what joins them. */
function textAround(bytes: Buffer, at: number, length: number): string {
  const isPart = (index: number): boolean => /[\w./+:-]/.test(bytes.toString('latin1', index, index + 1))
  let [start, end] = [at, at + length]
  while (start > 0 && isPart(start - 1)) start -= 1
  while (end < bytes.byteLength && isPart(end)) end += 1
  return bytes.toString('latin1', start, end)
}
