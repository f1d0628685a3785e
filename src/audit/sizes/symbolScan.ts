import { ELF_HEADER_BYTES, parseElfHeader, type ElfHeader } from '../../archive/elf/elfHeader.ts'
import { parseElfSections } from '../elf/elfSections.ts'
import { createKeptRanges, type KeptRanges } from '../elf/keptRanges.ts'

/** Counts, as a file streams by, the bytes that `strip` would take out of it. Holds half a MiB at most. */
export interface SymbolScan {
  /** In the order of the file. */
  push(chunk: Uint8Array): void
  /** 0 where it is no ELF file, or one whose tables make no sense. Never throws. */
  symbolBytes(): number
}

/** Where linkers that write the section headers first put the sections' names (Go's). */
const FRONT_BYTES = 64 << 10
/** The same for those that write them last: names stand right before the headers (GNU's, LLVM's). */
const BEFORE_TABLE_BYTES = 64 << 10
/** The tables have room for 4,000 sections; objects have more, programs and libraries do not. */
const MAX_KEPT_BYTES = ELF_HEADER_BYTES + FRONT_BYTES + BEFORE_TABLE_BYTES + (256 << 10)

export function createSymbolScan(sizeBytes: number): SymbolScan {
  const file = createKeptRanges({ sizeBytes, maxBytes: MAX_KEPT_BYTES })
  file.want(0, ELF_HEADER_BYTES)
  let header: ElfHeader | undefined
  let isOther = false
  return {
    push(chunk) {
      const head = Math.max(0, Math.min(chunk.byteLength, ELF_HEADER_BYTES - file.position))
      if (isOther) return
      if (head > 0) file.push(chunk.subarray(0, head))
      if (header === undefined && file.position >= ELF_HEADER_BYTES) {
        header = planFile(file)
        isOther = header === undefined
      }
      if (header !== undefined && head < chunk.byteLength) file.push(chunk.subarray(head))
    },
    symbolBytes: () => (header === undefined ? 0 : Math.min(sizeBytes, sumSymbols(header, file))),
  }
}

/** Reads where the sections are told, and asks for that. Undefined where it is no ELF file. */
function planFile(file: KeptRanges): ElfHeader | undefined {
  const header = parseElfHeader(file.read(0, ELF_HEADER_BYTES) ?? new Uint8Array(0))
  if (header === undefined) return undefined
  const { offset, count, entryBytes } = header.sectionHeaders
  file.want(0, FRONT_BYTES)
  file.want(Math.max(0, offset - BEFORE_TABLE_BYTES), offset + count * entryBytes)
  return header
}

const SHT_NOBITS = 8

/** What `strip` takes: symbols, their names, and all that debuggers read. */
const STRIPPED = /^\.(?:symtab|strtab|z?debug_.*|stab.*|gnu\.debuglto_.*|line)$/

/** gabi, "Section Header": names are offsets into the section that e_shstrndx counts to. */
function sumSymbols(header: ElfHeader, file: KeptRanges): number {
  const { offset, count, entryBytes } = header.sectionHeaders
  const sections = parseElfSections(header, file.read(offset, count * entryBytes) ?? new Uint8Array(0))
  const own = sections[header.sectionNames]
  const names = own === undefined ? undefined : file.read(own.offset, own.sizeBytes)
  if (names === undefined) return 0
  return sections.filter(({ type, name }) => type !== SHT_NOBITS && STRIPPED.test(nameAt(names, name))).reduce((sum, section) => sum + section.sizeBytes, 0)
}

function nameAt(names: Uint8Array, offset: number): string {
  const end = names.indexOf(0, offset)
  return Buffer.from(names.subarray(offset, end < 0 ? undefined : end)).toString('latin1')
}
