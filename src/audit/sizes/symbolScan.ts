import { createElfReader, ELF_HEADER_BYTES, isElf, parseElfHeader, type ElfHeader } from '../../archive/elf/elfHeader.ts'

/** Counts, as a file streams by, the bytes that `strip` would take out of it. Holds a few hundred KiB at most. */
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
/** 4,000 sections; objects have more, programs and libraries do not. */
const MAX_TABLE_BYTES = 256 << 10

export function createSymbolScan(): SymbolScan {
  let front = Buffer.alloc(0)
  let header: ElfHeader | undefined
  let back: Buffer | undefined
  let backStart = 0
  let position = 0
  let isOther = false

  const begin = (): void => {
    isOther = front.byteLength >= 4 && !isElf(front)
    if (isOther || front.byteLength < ELF_HEADER_BYTES) return
    header = parseElfHeader(front)
    if (header === undefined) isOther = true
    else {
      const { offset, count, entryBytes } = header.sectionHeaders
      const tableBytes = count * entryBytes
      isOther = tableBytes === 0 || tableBytes > MAX_TABLE_BYTES || !Number.isSafeInteger(offset)
      backStart = Math.max(0, offset - BEFORE_TABLE_BYTES)
      back = isOther ? undefined : Buffer.alloc(offset + tableBytes - backStart)
    }
  }

  return {
    push(chunk) {
      if (isOther) return
      if (front.byteLength < FRONT_BYTES) front = Buffer.concat([front, chunk.subarray(0, FRONT_BYTES - front.byteLength)])
      if (header === undefined) begin()
      if (back !== undefined) copyInto(back, backStart, chunk, position)
      position += chunk.byteLength
    },
    symbolBytes() {
      if (isOther || header === undefined || back === undefined) return 0
      const [head, tail] = [front, back]
      const read = (offset: number, length: number): Uint8Array | undefined => {
        if (offset + length <= head.byteLength) return head.subarray(offset, offset + length)
        const isKept = offset >= backStart && offset + length <= Math.min(position, backStart + tail.byteLength)
        return isKept ? tail.subarray(offset - backStart, offset - backStart + length) : undefined
      }
      return Math.min(position, sumSymbols(header, read))
    },
  }
}

/** The part of `chunk`, which begins at `position` of the file, that belongs into `target`, which begins at `start`. */
function copyInto(target: Buffer, start: number, chunk: Uint8Array, position: number): void {
  const from = Math.max(0, start - position)
  if (from >= chunk.byteLength || position >= start + target.byteLength) return
  target.set(chunk.subarray(from, start + target.byteLength - position), position + from - start)
}

type ReadPart = (offset: number, length: number) => Uint8Array | undefined

const SHT_NOBITS = 8

/** gabi, "Section Header": names are offsets into the section that e_shstrndx counts to. */
function sumSymbols(header: ElfHeader, read: ReadPart): number {
  const { offset, count, entryBytes } = header.sectionHeaders
  const table = read(offset, count * entryBytes)
  if (table === undefined || entryBytes < (header.bits === 32 ? 40 : 64)) return 0
  const reader = createElfReader(table, header)
  const [at, size] = header.bits === 32 ? [16, 20] : [24, 32]
  const starts = Array.from({ length: count }, (_, index) => index * entryBytes)
  const names = namesOf(header, read, starts.map((start) => ({ offset: reader.address(start + at), sizeBytes: reader.address(start + size) })))
  if (names === undefined) return 0
  return starts
    .filter((start) => reader.word(start + 4) !== SHT_NOBITS && STRIPPED.test(nameAt(names, reader.word(start))))
    .reduce((sum, start) => sum + reader.address(start + size), 0)
}

/** What `strip` takes: symbols, their names, and all that debuggers read. */
const STRIPPED = /^\.(?:symtab|strtab|z?debug_.*|stab.*|gnu\.debuglto_.*|line)$/

function namesOf(header: ElfHeader, read: ReadPart, sections: readonly { readonly offset: number; readonly sizeBytes: number }[]): Uint8Array | undefined {
  const section = sections[header.sectionNames]
  return section === undefined ? undefined : read(section.offset, section.sizeBytes)
}

function nameAt(names: Uint8Array, offset: number): string {
  const end = names.indexOf(0, offset)
  return Buffer.from(names.subarray(offset, end < 0 ? undefined : end)).toString('latin1')
}
