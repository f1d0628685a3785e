import { createElfReader, SEGMENT_TYPE, type ElfHeader, type ElfSegment } from './elfHeader.ts'

/** The dynamic section of a program or library: System V gABI, "Dynamic Linking", and for versions the LSB, "Symbol Versioning". */
export interface DynamicTable {
  readonly needed: readonly number[]
  readonly values: ReadonlyMap<number, number>
}

export const DT_STRTAB = 5
export const DT_STRSZ = 10
export const DT_VERNEED = 0x6ffffffe
export const DT_VERDEF = 0x6ffffffc
const DT_NEEDED = 1
export const DT_RPATH = 15
export const DT_RUNPATH = 29

/** More than any honest file has; the rest is not looked at. */
const MAX_NEEDED = 1000

export function parseDynamicTable(bytes: Uint8Array, header: ElfHeader): DynamicTable {
  const entryBytes = header.bits / 4
  const read = createElfReader(bytes, header)
  const needed: number[] = []
  const values = new Map<number, number>()
  for (let at = 0; at + entryBytes <= bytes.byteLength; at += entryBytes) {
    const [tag, value] = [read.address(at), read.address(at + entryBytes / 2)]
    if (tag === 0) break
    if (tag !== DT_NEEDED) values.set(tag, value)
    else if (needed.length < MAX_NEEDED) needed.push(value)
  }
  return { needed, values }
}

/** Where in the file an address is; undefined where no segment brings it. */
export function offsetOf(address: number, segments: readonly ElfSegment[]): number | undefined {
  const segment = segments.find(({ type, address: start, sizeBytes }) => type === SEGMENT_TYPE.load && address >= start && address < start + sizeBytes)
  return segment === undefined ? undefined : address - segment.address + segment.offset
}
