import { createElfReader, type ElfHeader } from '../../archive/elf/elfHeader.ts'

/** An entry of the section header table: gabi, "Section Header". */
export interface ElfSection {
  /** sh_name: where its name begins in the section that has the names. */
  readonly name: number
  /** sh_type */
  readonly type: number
  readonly offset: number
  readonly sizeBytes: number
}

/** `table` is what stands at `header.sectionHeaders`; entries that it does not hold whole are left out. */
export function parseElfSections({ bits, byteOrder, sectionHeaders }: ElfHeader, table: Uint8Array): readonly ElfSection[] {
  const { entryBytes, count } = sectionHeaders
  if (entryBytes < (bits === 32 ? 40 : 64)) return []
  const read = createElfReader(table, { bits, byteOrder })
  const [offset, size] = bits === 32 ? [16, 20] : [24, 32]
  return Array.from({ length: Math.min(count, Math.floor(table.byteLength / entryBytes)) }, (_, index) => index * entryBytes).map((start) => ({ name: read.word(start), type: read.word(start + 4), offset: read.address(start + offset), sizeBytes: read.address(start + size) }))
}
