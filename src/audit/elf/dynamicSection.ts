import { DT_RPATH, DT_RUNPATH, DT_STRTAB, DT_VERDEF, DT_VERNEED, offsetOf, type DynamicTable } from '../../archive/elf/dynamicTable.ts'
import { createElfReader, type ElfHeader, type ElfReader, type ElfSegment } from '../../archive/elf/elfHeader.ts'
import { asByteString, fromBytes, type ByteString } from '../../kit/byteString.ts'
import type { DynamicLinking, NeededVersions } from './elfFacts.ts'
import type { KeptRanges } from './keptRanges.ts'

const DT_SONAME = 14
const DT_VERDEFNUM = 0x6ffffffd
const DT_VERNEEDNUM = 0x6fffffff

/** More than any honest file has; the rest is not looked at. */
const MAX_VERSIONS = 5000
/** As long as a path may be. */
const MAX_STRING_BYTES = 4096

/** Undefined where what the table names is not kept. */
export function readLinking(table: DynamicTable, segments: readonly ElfSegment[], header: ElfHeader, file: KeptRanges): DynamicLinking | undefined {
  const offsetAt = (tag: number): number | undefined => offsetOf(table.values.get(tag) ?? -1, segments)
  const strings = createStrings(offsetAt(DT_STRTAB), file)
  try {
    const text = (tag: number): ByteString | undefined => (table.values.has(tag) ? strings.at(table.values.get(tag) ?? 0) : undefined)
    const context = { file, header, strings }
    return {
      kind: 'dynamic',
      soname: text(DT_SONAME),
      needed: table.needed.map(strings.at),
      rpath: splitPaths(text(DT_RPATH)),
      runpath: splitPaths(text(DT_RUNPATH)),
      versionsNeeded: table.values.has(DT_VERNEED) ? readNeededVersions(offsetAt(DT_VERNEED), table.values.get(DT_VERNEEDNUM) ?? 0, context) : [],
      versionsDefined: table.values.has(DT_VERDEF) ? readDefinedVersions(offsetAt(DT_VERDEF), table.values.get(DT_VERDEFNUM) ?? 0, context) : [],
    }
  } catch (error) {
    if (error instanceof NotKeptError) return undefined
    throw error
  }
}

/** What is asked for has gone by, or never was in the file. */
class NotKeptError extends Error {}

function splitPaths(text: ByteString | undefined): readonly ByteString[] {
  return text === undefined ? [] : text.split(':').filter((path) => path !== '').map(asByteString)
}

interface Strings {
  readonly at: (offset: number) => ByteString
}

function createStrings(start: number | undefined, file: KeptRanges): Strings {
  return {
    at(offset) {
      const bytes = start === undefined ? undefined : file.readSome(start + offset, MAX_STRING_BYTES)
      const end = bytes?.indexOf(0) ?? -1
      if (bytes === undefined || end < 0) throw new NotKeptError('a string')
      return fromBytes(bytes.subarray(0, end))
    },
  }
}

interface VersionContext {
  readonly file: KeptRanges
  readonly header: ElfHeader
  readonly strings: Strings
}

const VER_FLG_WEAK = 2
const VER_FLG_BASE = 1

function readNeededVersions(start: number | undefined, count: number, { file, header, strings }: VersionContext): readonly NeededVersions[] {
  const found: NeededVersions[] = []
  for (const { at, read } of walkList({ start, count, entryBytes: 16, nextAt: 12 }, file, header)) {
    const versions: ByteString[] = []
    for (const aux of walkList({ start: at + read.word(8), count: read.half(2), entryBytes: 16, nextAt: 12 }, file, header)) {
      if ((aux.read.half(4) & VER_FLG_WEAK) === 0) versions.push(strings.at(aux.read.word(8)))
    }
    found.push({ library: strings.at(read.word(4)), versions })
  }
  return found
}

function readDefinedVersions(start: number | undefined, count: number, { file, header, strings }: VersionContext): readonly ByteString[] {
  const found: ByteString[] = []
  for (const { at, read } of walkList({ start, count, entryBytes: 20, nextAt: 16 }, file, header)) {
    // the first name is the version's own, the rest are those that it follows
    for (const aux of walkList({ start: at + read.word(12), count: 1, entryBytes: 8, nextAt: 4 }, file, header)) {
      if ((read.half(2) & VER_FLG_BASE) === 0) found.push(strings.at(aux.read.word(0)))
    }
  }
  return found
}

interface LinkedList {
  readonly start: number | undefined
  readonly count: number
  readonly entryBytes: number
  /** Where an entry says how far the next one is; 0 ends the list. */
  readonly nextAt: number
}

/** @throws NotKeptError */
function* walkList({ start, count, entryBytes, nextAt }: LinkedList, file: KeptRanges, header: ElfHeader): Generator<{ readonly at: number; readonly read: ElfReader }> {
  if (start === undefined) throw new NotKeptError('a list')
  let at = start
  for (let index = 0; index < Math.min(count, MAX_VERSIONS); index += 1) {
    const bytes = file.read(at, entryBytes)
    if (bytes === undefined) throw new NotKeptError('an entry')
    const read = createElfReader(bytes, header)
    yield { at, read }
    const next = read.word(nextAt)
    if (next === 0) return
    at += next
  }
}
