import { ELF_HEADER_BYTES, ELF_TYPE, parseElfHeader, parseElfSegments, SEGMENT_TYPE, type ElfHeader, type ElfSegment } from '../../archive/elf/elfHeader.ts'
import { fromBytes, type ByteString } from '../../kit/byteString.ts'
import { armLevelOfAttributes, riscvExtensionsOfAttributes, x86LevelOfNotes } from './cpuLevel.ts'
import { DT_STRSZ, DT_STRTAB, DT_VERDEF, DT_VERNEED, offsetOf, parseDynamicTable, type DynamicTable } from '../../archive/elf/dynamicTable.ts'
import { readLinking } from './dynamicSection.ts'
import type { ElfFacts, Linking } from './elfFacts.ts'
import { parseElfSections } from './elfSections.ts'
import { createKeptRanges, type KeptRanges } from './keptRanges.ts'
import { architectureOf, EM_ARM, EM_RISCV, floatsOf, foreignSystemOf } from './machine.ts'

/**
 * Reads one ELF file as it streams by. The tables that say what a program needs may stand before or behind what says
 * where they are, so the segments that linkers put them in are held, within bounds; of code and data nothing is.
 */
export interface ElfScan {
  /** In the order of the file. */
  push(chunk: Uint8Array): void
  /** After the last chunk, or at any time before. Undefined where it is no ELF file that makes sense. Never throws. */
  finish(): ElfFacts | undefined
}

const PT_GNU_PROPERTY = 0x6474e553
/** ARM and RISC-V use the same number for their attributes, as a segment and as a section. */
const ATTRIBUTES_TYPE = 0x70000003
const PF_X = 1

/** Header and program headers of nearly all files; a file so short is kept whole. */
const HEAD_BYTES = 4096
/** The first segment has symbols, their names and versions: 4 MiB are those of 100,000 symbols. */
const FIRST_SEGMENT_BYTES = 4 << 20
/** Tools that edit programs put tables into segments of their own, which are small. */
const OTHER_SEGMENT_BYTES = 1 << 20
const SMALL_TABLE_BYTES = 64 << 10
const MAX_KEPT_BYTES = 8 << 20
/** For a string table that comes behind the table that names it. */
const LATE_TABLE_BYTES = 2 << 20

export function createElfScan(sizeBytes: number): ElfScan {
  const file = createKeptRanges({ sizeBytes, maxBytes: MAX_KEPT_BYTES })
  file.want(0, HEAD_BYTES)
  let plan: Plan | undefined
  let isLatePlanned = false

  const pushPiece = (piece: Uint8Array): void => {
    file.push(piece)
    if (plan === undefined && file.position >= HEAD_BYTES) plan = planFile(file)
    if (plan?.dynamic === undefined || isLatePlanned || file.position < plan.dynamic.offset + plan.dynamic.sizeBytes) return
    isLatePlanned = true
    wantLateTables(plan, file)
  }

  return {
    push(chunk) {
      const head = Math.max(0, Math.min(chunk.byteLength, HEAD_BYTES - file.position))
      if (head > 0) pushPiece(chunk.subarray(0, head))
      // the end of the dynamic section is a place to stop, too: what it names may come right behind it
      const stop = plan?.dynamic === undefined ? 0 : plan.dynamic.offset + plan.dynamic.sizeBytes - file.position
      const middle = head + Math.max(0, Math.min(chunk.byteLength - head, stop))
      if (middle > head) pushPiece(chunk.subarray(head, middle))
      if (middle < chunk.byteLength) pushPiece(chunk.subarray(middle))
    },
    finish() {
      const found = plan ?? planFile(file)
      return found === undefined ? undefined : describeFile(found, file)
    },
  }
}

interface Plan {
  readonly header: ElfHeader
  readonly segments: readonly ElfSegment[]
  readonly dynamic: ElfSegment | undefined
}

/** Reads what says where everything is, and asks for that. Undefined where it is no ELF file. */
function planFile(file: KeptRanges): Plan | undefined {
  const header = parseElfHeader(file.readSome(0, ELF_HEADER_BYTES) ?? new Uint8Array(0))
  if (header === undefined) return undefined
  const { offset, count, entryBytes } = header.programHeaders
  const segments = parseElfSegments(header, file.read(offset, count * entryBytes) ?? new Uint8Array(0))
  const dynamic = segments.find(({ type }) => type === SEGMENT_TYPE.dynamic)
  for (const [start, lengthBytes] of wantedRanges(header, segments)) file.want(start, start + lengthBytes)
  return { header, segments, dynamic }
}

function* wantedRanges(header: ElfHeader, segments: readonly ElfSegment[]): Generator<readonly [start: number, lengthBytes: number]> {
  for (const { type, offset, sizeBytes } of segments) {
    if (SMALL_SEGMENTS.has(type)) yield [offset, Math.min(sizeBytes, SMALL_TABLE_BYTES)]
  }
  const loaded = segments.filter(({ type }) => type === SEGMENT_TYPE.load)
  if (hasAttributes(header)) {
    const { offset, count, entryBytes } = header.sectionHeaders
    yield [offset, Math.min(count * entryBytes, SMALL_TABLE_BYTES)]
    // linkers put the attributes right behind what is loaded
    yield [Math.max(0, ...loaded.map((segment) => segment.offset + segment.sizeBytes)), SMALL_TABLE_BYTES]
  }
  if (!segments.some(({ type }) => type === SEGMENT_TYPE.dynamic)) return
  for (const [index, { offset, sizeBytes, flags }] of loaded.entries()) {
    if (index === 0) yield [offset, Math.min(sizeBytes, FIRST_SEGMENT_BYTES)]
    else if ((flags & PF_X) === 0) yield [offset, Math.min(sizeBytes, OTHER_SEGMENT_BYTES)]
  }
}

const SMALL_SEGMENTS: ReadonlySet<number> = new Set([SEGMENT_TYPE.interpreter, SEGMENT_TYPE.dynamic, SEGMENT_TYPE.note, PT_GNU_PROPERTY, ATTRIBUTES_TYPE])

function hasAttributes({ machine }: ElfHeader): boolean {
  return machine === EM_ARM || machine === EM_RISCV
}

function wantLateTables({ header, segments, dynamic }: Plan, file: KeptRanges): void {
  const table = dynamicTable(header, dynamic, file)
  if (table === undefined) return
  for (const tag of [DT_STRTAB, DT_VERNEED, DT_VERDEF]) {
    const offset = offsetOf(table.values.get(tag) ?? -1, segments)
    if (offset === undefined || offset < file.position) continue
    file.want(offset, offset + Math.min(tag === DT_STRTAB ? (table.values.get(DT_STRSZ) ?? 0) : SMALL_TABLE_BYTES, LATE_TABLE_BYTES))
  }
}

function dynamicTable(header: ElfHeader, dynamic: ElfSegment | undefined, file: KeptRanges): DynamicTable | undefined {
  const bytes = dynamic === undefined ? undefined : file.readSome(dynamic.offset, Math.min(dynamic.sizeBytes, SMALL_TABLE_BYTES))
  return bytes === undefined ? undefined : parseDynamicTable(bytes, header)
}

function describeFile(plan: Plan, file: KeptRanges): ElfFacts {
  const { header, segments } = plan
  const loader = loaderOf(segments, file)
  const isProgram = header.type === ELF_TYPE.executable || loader !== undefined || isMarkedProgram(plan, file)
  return {
    architecture: architectureOf(header),
    kind: isProgram ? 'program' : header.type === ELF_TYPE.shared ? 'library' : 'object',
    floats: floatsOf(header),
    foreignSystem: foreignSystemOf(header),
    cpuLevel: cpuLevelOf(plan, file),
    loader,
    linking: linkingOf(plan, file),
  }
}

/** A static program that may be loaded anywhere looks like a library, but for a flag. */
function isMarkedProgram({ header, dynamic }: Plan, file: KeptRanges): boolean {
  return ((dynamicTable(header, dynamic, file)?.values.get(DT_FLAGS_1) ?? 0) & DF_1_PIE) !== 0
}

const DT_FLAGS_1 = 0x6ffffffb
const DF_1_PIE = 0x08000000

function loaderOf(segments: readonly ElfSegment[], file: KeptRanges): ByteString | undefined {
  const segment = segments.find(({ type }) => type === SEGMENT_TYPE.interpreter)
  const bytes = segment === undefined ? undefined : file.readSome(segment.offset, Math.min(segment.sizeBytes, SMALL_TABLE_BYTES))
  if (bytes === undefined) return undefined
  const end = bytes.indexOf(0)
  return fromBytes(end < 0 ? bytes : bytes.subarray(0, end))
}

function linkingOf({ header, segments, dynamic }: Plan, file: KeptRanges): Linking {
  if (segments.length < header.programHeaders.count) return { kind: 'unreadable' }
  if (dynamic === undefined) return { kind: 'static' }
  const table = dynamicTable(header, dynamic, file)
  return (table === undefined ? undefined : readLinking(table, segments, header, file)) ?? { kind: 'unreadable' }
}

function cpuLevelOf(plan: Plan, file: KeptRanges): string {
  const { header, segments } = plan
  switch (architectureOf(header)) {
    case 'amd64':
      return segments.reduce((level, { type, offset, sizeBytes }) => {
        if (level !== '' || (type !== SEGMENT_TYPE.note && type !== PT_GNU_PROPERTY)) return level
        return x86LevelOfNotes(file.readSome(offset, Math.min(sizeBytes, SMALL_TABLE_BYTES)) ?? new Uint8Array(0))
      }, '')
    case 'arm':
      return armLevelOfAttributes(attributesOf(plan, file), header.byteOrder)
    case 'riscv64':
      return riscvExtensionsOfAttributes(attributesOf(plan, file), header.byteOrder)
    default:
      return ''
  }
}

function attributesOf({ header, segments }: Plan, file: KeptRanges): Uint8Array {
  const segment = segments.find(({ type }) => header.machine === EM_RISCV && type === ATTRIBUTES_TYPE)
  const fromSegment = segment === undefined ? undefined : file.readSome(segment.offset, Math.min(segment.sizeBytes, SMALL_TABLE_BYTES))
  if (fromSegment !== undefined) return fromSegment
  const { offset, count, entryBytes } = header.sectionHeaders
  const section = parseElfSections(header, file.readSome(offset, Math.min(count * entryBytes, SMALL_TABLE_BYTES)) ?? new Uint8Array(0)).find(({ type }) => type === ATTRIBUTES_TYPE)
  return section === undefined ? new Uint8Array(0) : (file.readSome(section.offset, Math.min(section.sizeBytes, SMALL_TABLE_BYTES)) ?? new Uint8Array(0))
}
