import { ELF_HEADER_BYTES, parseElfHeader, parseElfSegments, SEGMENT_TYPE, type ElfHeader, type ElfSegment } from '../../../archive/elf/elfHeader.ts'
import { parseElfSections, type ElfSection } from '../../elf/elfSections.ts'
import { createKeptRanges, type KeptRanges } from '../../elf/keptRanges.ts'
import { NOTHING, type FileEvidence } from '../fileEvidence.ts'
import { CARGO_SECTION, parseCargoAuditable } from './cargoAuditable.ts'
import { createMagicSearch, type MagicSearch } from './magicSearch.ts'
import { GO_ALIGNMENT, GO_MAGIC, parseGoBuildInfo } from './goBuildInfo.ts'

/** Reads one ELF file as it streams by, for what Go or cargo-auditable have put into it; of code and data it holds nothing. */
export interface ProgramScan {
  /** In the order of the file. */
  push(chunk: Uint8Array): void
  /** After the last chunk. Never throws. */
  finish(): FileEvidence
}

/** Header and program headers of nearly all files. */
const HEAD_BYTES = 4096
const PF_W = 2
/** Modules of the biggest programs there are take a third of it. */
const GO_BYTES = 1 << 20
/** What looks like the magic may be a program's that looks for it. */
const MAX_CANDIDATES = 4
/** Behind what is loaded stand sections that are not: cargo-auditable's, and in files that are not stripped symbols. */
const TAIL_BYTES = 8 << 20
/** Names stand right before the headers of sections. */
const BEFORE_TABLE_BYTES = 64 << 10
const MAX_TABLE_BYTES = 256 << 10
const MAX_KEPT_BYTES = HEAD_BYTES + TAIL_BYTES + BEFORE_TABLE_BYTES + MAX_TABLE_BYTES + MAX_CANDIDATES * GO_BYTES

interface Plan {
  readonly header: ElfHeader
  readonly search: MagicSearch
}

export function createProgramScan(sizeBytes: number): ProgramScan {
  const file = createKeptRanges({ sizeBytes, maxBytes: MAX_KEPT_BYTES })
  file.want(0, HEAD_BYTES)
  const candidates: number[] = []
  let plan: Plan | undefined

  const pushPiece = (piece: Uint8Array): void => {
    for (const end of plan?.search.push(piece, file.position) ?? []) {
      if (candidates.push(end) <= MAX_CANDIDATES) file.want(end, end + GO_BYTES)
    }
    file.push(piece)
    if (plan === undefined && file.position >= Math.min(HEAD_BYTES, sizeBytes)) plan = planFile(file)
  }

  return {
    push(chunk) {
      const head = Math.max(0, Math.min(chunk.byteLength, HEAD_BYTES - file.position))
      if (head > 0) pushPiece(chunk.subarray(0, head))
      if (head < chunk.byteLength) pushPiece(chunk.subarray(head))
    },
    finish: () => (plan === undefined ? NOTHING : (findGo(candidates, file) ?? findCargo(plan.header, file))),
  }
}

/** Reads where segments and sections are, and asks for what may be needed. Undefined where it is no ELF file that makes sense. */
function planFile(file: KeptRanges): Plan | undefined {
  const header = parseElfHeader(file.readSome(0, ELF_HEADER_BYTES) ?? new Uint8Array(0))
  if (header === undefined) return undefined
  const { programHeaders, sectionHeaders } = header
  const loaded = parseElfSegments(header, file.read(programHeaders.offset, programHeaders.count * programHeaders.entryBytes) ?? new Uint8Array(0)).filter(({ type }) => type === SEGMENT_TYPE.load)
  const loadedEnd = Math.max(0, ...loaded.map(({ offset, sizeBytes }) => offset + sizeBytes))
  if (loaded.length > 0) file.want(loadedEnd, loadedEnd + TAIL_BYTES)
  file.want(Math.max(0, sectionHeaders.offset - BEFORE_TABLE_BYTES), sectionHeaders.offset + Math.min(MAX_TABLE_BYTES, sectionHeaders.count * sectionHeaders.entryBytes))
  return { header, search: createMagicSearch({ magic: GO_MAGIC, alignment: GO_ALIGNMENT, ranges: writableRanges(loaded) }) }
}

function writableRanges(loaded: readonly ElfSegment[]): readonly (readonly [start: number, end: number])[] {
  return loaded.filter(({ flags }) => (flags & PF_W) !== 0).map(({ offset, sizeBytes }) => [offset, offset + sizeBytes] as const)
}

function findGo(candidates: readonly number[], file: KeptRanges): FileEvidence | undefined {
  for (const at of candidates) {
    const found = parseGoBuildInfo(file.readSome(at, GO_BYTES) ?? new Uint8Array(0))
    if (found !== undefined) return found
  }
  return undefined
}

function findCargo(header: ElfHeader, file: KeptRanges): FileEvidence {
  const { offset, count, entryBytes } = header.sectionHeaders
  const sections = parseElfSections(header, file.read(offset, count * entryBytes) ?? new Uint8Array(0))
  const names = readSection(sections[header.sectionNames], file)
  const section = names === undefined ? undefined : sections.find(({ name }) => nameAt(names, name) === CARGO_SECTION)
  if (section === undefined) return NOTHING
  const bytes = readSection(section, file)
  return bytes === undefined ? { kind: 'unread', reason: `its section ${CARGO_SECTION} stands where it is not looked for` } : parseCargoAuditable(bytes)
}

function readSection(section: ElfSection | undefined, file: KeptRanges): Uint8Array | undefined {
  return section === undefined ? undefined : file.read(section.offset, section.sizeBytes)
}

function nameAt(names: Uint8Array, offset: number): string {
  const end = names.indexOf(0, offset)
  return Buffer.from(names.subarray(offset, end < 0 ? offset : Math.min(end, offset + 64))).toString('latin1')
}
