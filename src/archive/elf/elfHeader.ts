/*
 * What an ELF file says of itself at its very beginning (gabi, "ELF Header" and "Program Header"). Pure over bytes that
 * the caller has read; nothing they say is trusted: what does not fit is no ELF file, or a cut one.
 */

/** gabi, "ELF Header". */
export interface ElfHeader {
  readonly bits: 32 | 64
  readonly byteOrder: 'little' | 'big'
  /** e_ident[EI_OSABI] */
  readonly osAbi: number
  /** e_type: see `ELF_TYPE`. */
  readonly type: number
  /** e_machine */
  readonly machine: number
  /** e_flags */
  readonly flags: number
  readonly programHeaders: ElfTable
  readonly sectionHeaders: ElfTable
  /** e_shstrndx: which section has the names of all. */
  readonly sectionNames: number
}

/** Where in the file a table is. */
export interface ElfTable {
  readonly offset: number
  readonly entryBytes: number
  readonly count: number
}

/** An entry of the program header table. */
export interface ElfSegment {
  /** p_type: see `SEGMENT_TYPE`. */
  readonly type: number
  /** p_flags */
  readonly flags: number
  readonly offset: number
  readonly address: number
  readonly sizeBytes: number
}

export const ELF_TYPE = { relocatable: 1, executable: 2, shared: 3, core: 4 } as const
export const SEGMENT_TYPE = { load: 1, dynamic: 2, interpreter: 3, note: 4 } as const
/** Enough for the header of either class. */
export const ELF_HEADER_BYTES = 64
const HEADER_BYTES = { 32: 52, 64: 64 } as const
/** e_phentsize */
const SEGMENT_BYTES = { 32: 32, 64: 56 } as const

/** Of the first bytes of a file; undefined where they are not the whole header of an ELF file. */
export function parseElfHeader(start: Uint8Array): ElfHeader | undefined {
  if (!isElf(start)) return undefined
  const bits = start[4] === 1 ? 32 : start[4] === 2 ? 64 : undefined
  const byteOrder = start[5] === 1 ? 'little' : start[5] === 2 ? 'big' : undefined
  if (bits === undefined || byteOrder === undefined || start.byteLength < HEADER_BYTES[bits]) return undefined
  const read = createElfReader(start, { bits, byteOrder })
  const [words, halves] = bits === 32 ? [28, 42] : [32, 54]
  const wordBytes = bits / 8
  return {
    bits,
    byteOrder,
    osAbi: start[7] ?? 0,
    type: read.half(16),
    machine: read.half(18),
    flags: read.word(words + 2 * wordBytes),
    programHeaders: { offset: read.address(words), entryBytes: read.half(halves), count: read.half(halves + 2) },
    sectionHeaders: { offset: read.address(words + wordBytes), entryBytes: read.half(halves + 4), count: read.half(halves + 6) },
    sectionNames: read.half(halves + 8),
  }
}

/** Whether a file that begins so is an ELF file at all, whole or not. */
export function isElf(start: Uint8Array): boolean {
  return start[0] === 0x7f && start[1] === 0x45 && start[2] === 0x4c && start[3] === 0x46
}

/** `table` is what stands at `header.programHeaders`; entries that it does not hold whole are left out. */
export function parseElfSegments({ bits, byteOrder, programHeaders }: ElfHeader, table: Uint8Array): readonly ElfSegment[] {
  const { entryBytes, count } = programHeaders
  if (entryBytes < SEGMENT_BYTES[bits]) return []
  const whole = Math.min(count, Math.floor(table.byteLength / entryBytes))
  const read = createElfReader(table, { bits, byteOrder })
  const [flags, offset, at, size] = bits === 32 ? [24, 4, 8, 16] : [4, 8, 16, 32]
  return Array.from({ length: whole }, (_, index) => index * entryBytes).map((start) => ({ type: read.word(start), flags: read.word(start + flags), offset: read.address(start + offset), address: read.address(start + at), sizeBytes: read.address(start + size) }))
}

/** Numbers of a file, in its class and byte order; past the end they are 0. */
export interface ElfReader {
  half(at: number): number
  word(at: number): number
  /** An address, offset or size: a word in 32 bits, two in 64. Inexact past 2^53, where no file reaches. */
  address(at: number): number
}

export function createElfReader(bytes: Uint8Array, { bits, byteOrder }: Pick<ElfHeader, 'bits' | 'byteOrder'>): ElfReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const isLittle = byteOrder === 'little'
  const has = (at: number, length: number): boolean => at >= 0 && at + length <= bytes.byteLength
  const word = (at: number): number => (has(at, 4) ? view.getUint32(at, isLittle) : 0)
  return {
    half: (at) => (has(at, 2) ? view.getUint16(at, isLittle) : 0),
    word,
    address: (at) => (bits === 32 ? word(at) : has(at, 8) ? Number(view.getBigUint64(at, isLittle)) : 0),
  }
}
