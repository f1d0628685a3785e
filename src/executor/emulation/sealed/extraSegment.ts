import { parseElfHeader, parseElfSegments, SEGMENT_TYPE, type ElfHeader, type ElfSegment } from '../../../archive/elf/elfHeader.ts'

/*
 * One segment more for a program, which is mapped behind all others and stands behind the end of the file: nothing of the
 * program itself is moved or changed but the entry of the program header table that the segment takes, a note.
 */

export interface FileStart {
  /** As much of its beginning as has the program header table. */
  readonly start: Uint8Array
  readonly sizeBytes: number
}

/** Where the segment is. */
export interface SegmentRoom {
  /** In memory; of a program that is linked to no place, counted from where it is put. */
  readonly address: number
  /** In the file, behind its end. */
  readonly offset: number
  /** Where in the file the program header table is. */
  readonly tableOffset: number
  /** The table with a segment of so many bytes, to be read by the program. */
  tableFor(sizeBytes: number, use: 'to be read' | 'to be executed'): Buffer
}

/** Undefined where the file has no entry to spare, or is not of 64 bits and little-endian. */
export function findRoom({ start, sizeBytes }: FileStart): SegmentRoom | undefined {
  const header = parseElfHeader(start)
  if (header?.bits !== 64 || header.byteOrder !== 'little') return undefined
  const table = tableOf(start, header)
  const segments = parseElfSegments(header, table)
  const spare = spareSegment(segments)
  if (header.programHeaders.entryBytes !== SEGMENT_BYTES || segments.length !== header.programHeaders.count || spare === undefined) return undefined
  const [offset, address] = [alignUp(sizeBytes), alignUp(endOf(segments, table))]
  const last = segments.findLastIndex(isMapped)
  const tableFor: SegmentRoom['tableFor'] = (bytes, use) => withSegment(table, { spare, last, entry: formatSegment({ offset, address, sizeBytes: bytes, flags: use === 'to be read' ? READ : READ_EXECUTE }) })
  return { address, offset, tableOffset: header.programHeaders.offset, tableFor }
}

const SEGMENT_BYTES = 56
/** p_memsz, of 64 bits */
const MEMORY_BYTES_AT = 40
/** The largest page of any machine that this runs on. */
const PAGE_BYTES = 65_536
/** p_flags */
const READ = 4
const READ_EXECUTE = 5
const GNU_PROPERTY = 0x6474e553

function tableOf(start: Uint8Array, { programHeaders: { offset, entryBytes, count } }: ElfHeader): Buffer {
  return Buffer.from(start.buffer, start.byteOffset, start.byteLength).subarray(offset, offset + entryBytes * count)
}

function isMapped({ type }: ElfSegment): boolean {
  return type === SEGMENT_TYPE.load
}

/** What it says is for linkers and debuggers, and for a protection that such programs do without. */
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

function formatSegment({ offset, address, sizeBytes, flags }: Pick<ElfSegment, 'offset' | 'address' | 'sizeBytes' | 'flags'>): Buffer {
  const entry = Buffer.alloc(SEGMENT_BYTES)
  entry.writeUInt32LE(SEGMENT_TYPE.load, 0)
  entry.writeUInt32LE(flags, 4)
  for (const [index, value] of [offset, address, address, sizeBytes, sizeBytes, PAGE_BYTES].entries()) entry.writeBigUInt64LE(BigInt(value), 8 + 8 * index)
  return entry
}

/** Segments that are mapped stand in the order of their addresses: the new one follows the last of them. */
function withSegment(table: Buffer, { spare, last, entry }: { readonly spare: number; readonly last: number; readonly entry: Buffer }): Buffer {
  const entries = Array.from({ length: table.byteLength / SEGMENT_BYTES }, (_, index) => table.subarray(index * SEGMENT_BYTES, (index + 1) * SEGMENT_BYTES))
  return Buffer.concat(entries.flatMap((one, index) => [...(index === spare ? [] : [one]), ...(index === last ? [entry] : [])]))
}
