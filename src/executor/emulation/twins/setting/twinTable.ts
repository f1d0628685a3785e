/*
 * The table by which native/twin/twin.c knows what has a twin, as native/twin/table.h lays it out. Both architectures
 * that it is built for are little-endian.
 */

/** A file of the step's root, as it was before the step. */
export interface FileIdentity {
  readonly device: bigint
  readonly inode: bigint
  readonly sizeBytes: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
}

/** A word of a command line: text, or argv[0] as the process was given it. */
export type TwinWord = string | typeof ARGV0
export const ARGV0 = Symbol('argv[0]')

/** How a twin is started. */
export interface TwinStart {
  /** Inside the step: a folder of links to what the kernel is to execute. */
  readonly linkFolder: string
  /** The link where there is none by the name that was executed. */
  readonly link: string
  readonly call: TwinCall
  /** Before the arguments that were given. At most 32. */
  readonly words: readonly TwinWord[]
  /** For calls that `call` is not for; undefined: these are emulated. */
  readonly otherwise: TwinStart | undefined
}

/** The calls of a program that a twin is for. Every list of what there may be is undefined for anything. */
export interface TwinCall {
  /** Names that argv[0] may have. */
  readonly names?: readonly string[] | undefined
  /** What the first argument has to begin with. */
  readonly first?: readonly string[] | undefined
  /** What no argument and no variable of the environment may begin with: it is emulated then. Arguments that stand in a file (`@FILE`) count. */
  readonly refused?: readonly string[]
  /** Options that name a file, which is to have none beside it by its name with this ending. */
  readonly companions?: readonly (readonly [option: string, ending: string])[]
  /** Paths at which there is to be nothing. */
  readonly absent?: readonly string[]
  /** Options whose next argument must be one of these values, or it is emulated; and what is given in its place. */
  readonly replaced?: readonly (readonly [option: string, value: string, standIn: string])[]
  /** Options that name a folder in which it would load libraries, with their kind in front or without (`-L dependency=/x`): it is emulated where one has any, where an argument names one, or where arguments stand in files. */
  readonly loading?: readonly string[]
}

export interface TwinTable {
  /** The folder that has to stand at the place of the sibling's root. */
  readonly root: Pick<FileIdentity, 'device' | 'inode'>
  /** Whether locales in UTF-8 are files that both architectures read alike. */
  readonly hasSameLocales: boolean
  /** Whether the emulator gives a program its environment back to front, and a twin is to get it so, too. */
  readonly isEnvironmentReversed: boolean
  /** Which processor the emulator is to show, as its option `-cpu` takes it; undefined: it chooses by itself. The step's QEMU_CPU goes first. */
  readonly cpuModel: string | undefined
  readonly entries: readonly { readonly file: FileIdentity; readonly twin: TwinStart }[]
}

/** The format's name, as native/twin/table.h has it: in the code that reads it, and first in a table. */
export const TABLE_FORMAT = 'PELTWIN5'
const HEADER_BYTES = 48
const ENTRY_BYTES = 48
const SAME_LOCALES = 1
const REVERSED_ENVIRONMENT = 2

/** `emulatorEntry` counts from the first byte of the code that reads it. Equal starts are written once. */
export function formatTwinTable({ root, hasSameLocales, isEnvironmentReversed, cpuModel, entries }: TwinTable, emulatorEntry: bigint): Buffer {
  const sorted = entries.toSorted((a, b) => compare(a.file.device, b.file.device) || compare(a.file.inode, b.file.inode))
  const tail = createTail(HEADER_BYTES + ENTRY_BYTES * sorted.length)
  const head = Buffer.alloc(HEADER_BYTES + ENTRY_BYTES * sorted.length)
  head.write(TABLE_FORMAT, 0, 'latin1')
  head.writeBigInt64LE(emulatorEntry, 8)
  head.writeBigUInt64LE(root.device, 16)
  head.writeBigUInt64LE(root.inode, 24)
  head.writeUInt32LE(sorted.length, 32)
  head.writeUInt32LE((hasSameLocales ? SAME_LOCALES : 0) | (isEnvironmentReversed ? REVERSED_ENVIRONMENT : 0), 36)
  head.writeUInt32LE(cpuModel === undefined ? 0 : tail.text(cpuModel), 40)
  for (const [index, { file, twin }] of sorted.entries()) {
    const at = HEADER_BYTES + ENTRY_BYTES * index
    for (const [field, value] of [file.device, file.inode, file.sizeBytes, file.mtimeNs, file.ctimeNs].entries()) head.writeBigUInt64LE(value, at + 8 * field)
    head.writeUInt32LE(tail.start(twin), at + 40)
  }
  return Buffer.concat([head, ...tail.parts])
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

interface Tail {
  readonly parts: readonly Buffer[]
  /** Where a text is, with a zero at its end. */
  text(value: string): number
  /** Where a start is described. */
  start(twin: TwinStart): number
}

/** What the entries point to: strings, lists of them, and starts, each once. */
function createTail(from: number): Tail {
  const parts: Buffer[] = []
  const places = new Map<string, number>()
  let end = from
  const add = (key: string, bytes: Buffer): number => {
    const known = places.get(key)
    if (known !== undefined) return known
    const at = end
    const padded = Buffer.alloc(Math.ceil(bytes.byteLength / 4) * 4) // numbers are read where they stand
    padded.set(bytes)
    parts.push(padded)
    end += padded.byteLength
    places.set(key, at)
    return at
  }
  const text = (value: string): number => add(`"${value}`, Buffer.from(`${value}\0`))
  const numbers = (values: readonly number[]): number => add(values.join(','), Buffer.from(Uint32Array.from(values).buffer))
  const list = (texts: readonly string[]): number => (texts.length === 0 ? 0 : numbers([...texts.map(text), 0]))
  const start = ({ linkFolder, link, call: { names, first, refused, companions, absent, replaced, loading }, words, otherwise }: TwinStart): number => {
    const next = otherwise === undefined ? 0 : start(otherwise)
    const lists = [names, first].map((texts) => list(texts ?? []))
    const conditions = [refused, companions?.flat(), absent, replaced?.flat(), loading].map((texts) => list(texts ?? []))
    return numbers([text(linkFolder), text(link), ...lists, next, ...conditions, words.length, ...words.map((word) => (word === ARGV0 ? 0 : text(word)))])
  }
  return { parts, text, start }
}
