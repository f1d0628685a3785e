import { createElfReader, ELF_TYPE, parseElfHeader, parseElfSegments, SEGMENT_TYPE, type ElfHeader, type ElfSegment } from '../../../../archive/elf/elfHeader.ts'
import { offsetOf } from '../../../../archive/elf/dynamicTable.ts'
import { findRoom, type SegmentRoom } from '../../sealed/extraSegment.ts'
import type { Spelling } from '../spelling/compiledWord.ts'

/*
 * The folders in which a part of gcc looks for headers without being told: a table that is compiled into it, with what
 * each of them means. It is in what two compilers of one source differ, one native to its target and one that is not;
 * a copy of the latter that has the table of the former finds the same headers, and says the same of each.
 */

/** A row of the table: cpp_include_defaults of gcc's cppdefault.cc. */
export interface HeaderFolder {
  readonly path: string
  /** What it is part of. */
  readonly component: string | undefined
  /** cplusplus, cxx_aware, add_sysroot, multilib */
  readonly flags: readonly number[]
}

export interface HeaderFolders {
  readonly rows: readonly HeaderFolder[]
  /** Where in the file the table is. */
  readonly offset: number
  /** Where other rows can have their texts; undefined where there is no place, as in a program that does not run here. */
  readonly room: SegmentRoom | undefined
}

/** The table of a part of gcc. Undefined where there is none, or it is not of the form that is known. */
export function findHeaderFolders(file: Buffer): HeaderFolders | undefined {
  const image = parseImage(file)
  if (image === undefined) return undefined
  for (const text of findOwnFolders(image)) {
    for (const pointer of findPointers(text, image)) {
      const found = readTable(pointer, image)
      if (found !== undefined) return { ...found, room: findRoom({ start: file.subarray(0, START_BYTES), sizeBytes: file.byteLength }) }
    }
  }
  return undefined
}

/** As much of a file as has its program header table. */
const START_BYTES = 4096

/** A compiler whose table has the rows of another one. */
export interface SpelledFolders {
  readonly spellings: readonly Spelling[]
  /** Folders that found no room: it is equal where they are not there. */
  readonly absent: readonly string[]
}

export interface FolderUse {
  readonly language: 'C' | 'C++'
  /** GNU's name of the target, which a driver gives for headers that are the target's own. */
  readonly triplet: string
}

/** What is to stand in a file with the table `cross` so that it has the rows of `own`. Undefined where it cannot have them. */
export function spellHeaderFolders(own: HeaderFolders, cross: HeaderFolders, use: FolderUse): SpelledFolders | undefined {
  const { rows, absent } = fit(own.rows, cross.rows.length, use)
  const { room } = cross
  if (room === undefined || rows.length > cross.rows.length) return undefined
  const places = new Map<string, number>()
  let blob = ''
  for (const text of new Set(rows.flatMap(({ path, component = '' }) => [path, component].filter((one) => one !== '')))) {
    places.set(text, room.address + blob.length)
    blob += `${text}\0`
  }
  const table = Buffer.alloc(cross.rows.length * ROW_BYTES[64])
  for (const [index, { path, component = '', flags }] of rows.entries()) {
    for (const [column, text] of [path, component].entries()) table.writeBigUInt64LE(BigInt(places.get(text) ?? 0), index * ROW_BYTES[64] + 8 * column)
    table.set(flags, index * ROW_BYTES[64] + 16)
  }
  const spellings: readonly Spelling[] = [
    { offset: cross.offset, text: table.toString('latin1') },
    { offset: room.tableOffset, text: room.tableFor(blob.length, 'to be read').toString('latin1') },
    { offset: room.offset, text: blob },
  ]
  return { spellings, absent }
}

/** The rows that a compiler of one language looks at. Where there are too many, those of folders for the target alone, which Debian has elsewhere, are left out. */
function fit(rows: readonly HeaderFolder[], count: number, { language, triplet }: FolderUse): { readonly rows: readonly HeaderFolder[]; readonly absent: readonly string[] } {
  const used = rows.filter(({ flags: [library = 0] }) => library === 0 || (language === 'C++' && library === STANDARD_LIBRARY))
  if (used.length <= count) return { rows: used, absent: [] }
  const isTargets = ({ component, flags }: HeaderFolder): boolean => component !== undefined && flags[3] === FOR_TARGET
  return { rows: used.filter((row) => !isTargets(row)), absent: used.filter(isTargets).map(({ path }) => `${path}/${triplet}`) }
}

/** Of `cplusplus`: gcc's own library, not the one that -stdlib=libc++ stands for. */
const STANDARD_LIBRARY = 1
/** Of `multilib`: the target's name is put behind the path. */
const FOR_TARGET = 2

interface Image {
  readonly file: Buffer
  readonly header: ElfHeader
  readonly segments: readonly ElfSegment[]
}

/** Programs that are linked to a place, as parts of gcc are: in others, addresses stand elsewhere. */
function parseImage(file: Buffer): Image | undefined {
  const header = parseElfHeader(file)
  if (header?.type !== ELF_TYPE.executable || header.byteOrder !== 'little') return undefined
  return { file, header, segments: parseElfSegments(header, file.subarray(header.programHeaders.offset)) }
}

/** Two addresses and four bytes. */
const ROW_BYTES = { 32: 12, 64: 24 } as const
const FLAG_COUNT = 4
/** gcc has some twelve. */
const MAX_ROWS = 32
const MAX_TEXT_BYTES = 512

/** Addresses of the texts that are a compiler's own folder of headers, which each table has. */
function findOwnFolders({ file, segments }: Image): readonly number[] {
  const found: number[] = []
  for (let at = file.indexOf(OWN_FOLDER); at >= 0; at = file.indexOf(OWN_FOLDER, at + 1)) {
    const address = /^\0\/usr\/lib\/gcc(?:-cross)?\/[\w-]+\/\d+\/include\0/.test(file.toString('latin1', at, at + MAX_TEXT_BYTES)) ? addressOf(at + 1, segments) : undefined
    if (address !== undefined) found.push(address)
  }
  return found
}

const OWN_FOLDER = '\0/usr/lib/gcc'

function addressOf(offset: number, segments: readonly ElfSegment[]): number | undefined {
  const segment = segments.find(({ type, offset: start, sizeBytes }) => type === SEGMENT_TYPE.load && offset >= start && offset < start + sizeBytes)
  return segment === undefined ? undefined : offset - segment.offset + segment.address
}

/** Where in the file `address` stands. */
function findPointers(address: number, { file, header: { bits } }: Image): readonly number[] {
  const bytes = Buffer.alloc(bits / 8)
  bytes.writeUInt32LE(address % 2 ** 32)
  if (bits === 64) bytes.writeUInt32LE(Math.floor(address / 2 ** 32), 4)
  const found: number[] = []
  for (let at = file.indexOf(bytes); at >= 0; at = file.indexOf(bytes, at + 1)) if (at % (bits / 8) === 0) found.push(at)
  return found
}

/** The table that has a row at `offset`: all rows before it, and those behind it until an empty one. */
function readTable(offset: number, image: Image): Pick<HeaderFolders, 'rows' | 'offset'> | undefined {
  const rowBytes = ROW_BYTES[image.header.bits]
  let first = offset
  for (let count = 0; count < MAX_ROWS && readRow(first - rowBytes, image) !== undefined; count++) first -= rowBytes
  const rows: HeaderFolder[] = []
  for (let at = first; rows.length <= MAX_ROWS; at += rowBytes) {
    if (image.file.subarray(at, at + rowBytes).every((byte) => byte === 0)) return { rows, offset: first }
    const row = readRow(at, image)
    if (row === undefined) return undefined
    rows.push(row)
  }
  return undefined
}

function readRow(at: number, { file, header, segments }: Image): HeaderFolder | undefined {
  const read = createElfReader(file, header)
  const [path, component] = [read.address(at), read.address(at + header.bits / 8)].map((address) => textAt(address, { file, segments }))
  const flags = [...file.subarray(at + header.bits / 4, at + header.bits / 4 + FLAG_COUNT)]
  if (path?.startsWith('/') !== true || flags.length < FLAG_COUNT || flags.some((flag) => flag > 2) || (component === undefined && read.address(at + header.bits / 8) !== 0)) return undefined
  return { path, component, flags }
}

function textAt(address: number, { file, segments }: Pick<Image, 'file' | 'segments'>): string | undefined {
  const offset = address === 0 ? undefined : offsetOf(address, segments)
  const end = offset === undefined ? -1 : file.subarray(offset, offset + MAX_TEXT_BYTES).indexOf(0)
  return offset === undefined || end < 0 ? undefined : file.toString('latin1', offset, offset + end)
}
