import { ELF_TYPE, parseElfHeader, parseElfSegments, SEGMENT_TYPE, type ElfHeader, type ElfSegment } from '../../../../archive/elf/elfHeader.ts'

/*
 * An emulator in which other code has the first word: a copy of it with one segment more, which the kernel maps behind
 * the others, and whose first byte is the program's entry. Nothing of the emulator itself is changed, so the code hands
 * over to it by a jump, in the same process, as if it had not been there: in any root file system, with the open files,
 * the name and the rights that the kernel gave. The entry of the program header table that the new segment takes is one
 * that a static program does without: a note.
 */

export interface EmulatorFile {
  /** As much of its beginning as has the program header table. */
  readonly start: Uint8Array
  readonly sizeBytes: number
}

export interface SealedCode {
  /** Runs at any address, and begins with its entry. */
  readonly code: Uint8Array
  /** What stands behind the code; is told where the emulator begins, counted from the code's first byte. */
  readonly data: (emulatorEntry: bigint) => Uint8Array
}

/** What is to be written over a copy of the emulator. */
export interface Seal {
  /** Instead of `start`. */
  readonly start: Buffer
  /** Behind the end of the file, at `offset`. */
  readonly segment: Buffer
  readonly offset: number
}

/** Undefined where the emulator has no place for the segment, or is no 64-bit program in little-endian. */
export function sealEmulator({ start, sizeBytes }: EmulatorFile, { code, data }: SealedCode): Seal | undefined {
  const header = parseElfHeader(start)
  if (header?.bits !== 64 || header.byteOrder !== 'little' || !IS_PROGRAM.has(header.type)) return undefined
  const table = tableOf(start, header)
  const segments = parseElfSegments(header, table)
  const spare = spareSegment(segments)
  if (header.programHeaders.entryBytes !== SEGMENT_BYTES || segments.length !== header.programHeaders.count || spare === undefined) return undefined
  const [offset, address] = [alignUp(sizeBytes), alignUp(endOf(segments, table))]
  const sealed = Buffer.from(start)
  const segment = Buffer.concat([code, data(sealed.readBigUInt64LE(ENTRY_AT) - BigInt(address))])
  sealed.writeBigUInt64LE(BigInt(address), ENTRY_AT)
  sealed.set(withSegment(table, { spare, last: segments.findLastIndex(isMapped), entry: formatSegment({ offset, address, sizeBytes: segment.byteLength }) }), header.programHeaders.offset)
  return { start: sealed, segment, offset }
}

/** Of e_type: one that is linked to a place, one that is not. */
const IS_PROGRAM: ReadonlySet<number> = new Set([ELF_TYPE.executable, ELF_TYPE.shared])
/** e_entry, of 64 bits */
const ENTRY_AT = 24
const SEGMENT_BYTES = 56
/** p_memsz, of 64 bits */
const MEMORY_BYTES_AT = 40
/** The largest page of any machine that this runs on. */
const PAGE_BYTES = 65_536
/** Of p_flags: to be read and executed. */
const READ_EXECUTE = 5
const GNU_PROPERTY = 0x6474e553

function tableOf(start: Uint8Array, { programHeaders: { offset, entryBytes, count } }: ElfHeader): Buffer {
  return Buffer.from(start.buffer, start.byteOffset, start.byteLength).subarray(offset, offset + entryBytes * count)
}

function isMapped({ type }: ElfSegment): boolean {
  return type === SEGMENT_TYPE.load
}

/** What it says is for linkers and debuggers, and for a protection that QEMU does without. */
function spareSegment(segments: readonly ElfSegment[]): number | undefined {
  const found = [GNU_PROPERTY, SEGMENT_TYPE.note].map((wanted) => segments.findLastIndex(({ type }) => type === wanted)).find((index) => index >= 0)
  return segments.some(isMapped) ? found : undefined
}

function alignUp(value: number): number {
  return Math.ceil(value / PAGE_BYTES) * PAGE_BYTES
}

/** The address behind all that is mapped, what is not in the file included. */
function endOf(segments: readonly ElfSegment[], table: Buffer): number {
  return Math.max(...segments.map((segment, index) => (isMapped(segment) ? segment.address + Number(table.readBigUInt64LE(index * SEGMENT_BYTES + MEMORY_BYTES_AT)) : 0)))
}

function formatSegment({ offset, address, sizeBytes }: Pick<ElfSegment, 'offset' | 'address' | 'sizeBytes'>): Buffer {
  const entry = Buffer.alloc(SEGMENT_BYTES)
  entry.writeUInt32LE(SEGMENT_TYPE.load, 0)
  entry.writeUInt32LE(READ_EXECUTE, 4)
  for (const [index, value] of [offset, address, address, sizeBytes, sizeBytes, PAGE_BYTES].entries()) entry.writeBigUInt64LE(BigInt(value), 8 + 8 * index)
  return entry
}

/** Segments that are mapped stand in the order of their addresses: the new one follows the last of them. */
function withSegment(table: Buffer, { spare, last, entry }: { readonly spare: number; readonly last: number; readonly entry: Buffer }): Buffer {
  const entries = Array.from({ length: table.byteLength / SEGMENT_BYTES }, (_, index) => table.subarray(index * SEGMENT_BYTES, (index + 1) * SEGMENT_BYTES))
  return Buffer.concat(entries.flatMap((one, index) => [...(index === spare ? [] : [one]), ...(index === last ? [entry] : [])]))
}
