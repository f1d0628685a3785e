import { DT_RPATH, DT_STRTAB, offsetOf, parseDynamicTable } from '../../../archive/elf/dynamicTable.ts'
import { parseElfHeader, parseElfSegments, SEGMENT_TYPE, type ElfHeader, type ElfSegment } from '../../../archive/elf/elfHeader.ts'
import { machineOf } from '../../../archive/elf/elfMachine.ts'

/** What a program or library asks for before it runs. */
export interface ProgramNeeds {
  /** PT_INTERP; undefined of a library, and of a program that needs none. */
  readonly loader: string | undefined
  /** DT_NEEDED, in order. */
  readonly libraries: readonly string[]
}

/** Undefined where `file` is no program for `architecture`, or looks for libraries in places of its own before those that a loader is told (DT_RPATH). */
export function parseProgramNeeds(file: Uint8Array, architecture: string): ProgramNeeds | undefined {
  const header = parseElfHeader(file)
  if (header === undefined || machineOf(header)?.architecture !== architecture) return undefined
  const segments = parseElfSegments(header, file.subarray(header.programHeaders.offset))
  const dynamic = segments.find(({ type }) => type === SEGMENT_TYPE.dynamic)
  const interpreter = segments.find(({ type }) => type === SEGMENT_TYPE.interpreter)
  const loader = interpreter === undefined ? undefined : stringAt(file, interpreter.offset)
  const libraries = dynamic === undefined ? [] : neededBy(file, { header, segments, dynamic })
  return libraries === undefined ? undefined : { loader, libraries }
}

interface DynamicParts {
  readonly header: ElfHeader
  readonly segments: readonly ElfSegment[]
  readonly dynamic: ElfSegment
}

function neededBy(file: Uint8Array, { header, segments, dynamic }: DynamicParts): readonly string[] | undefined {
  const { needed, values } = parseDynamicTable(file.subarray(dynamic.offset, dynamic.offset + dynamic.sizeBytes), header)
  const strings = offsetOf(values.get(DT_STRTAB) ?? -1, segments)
  if (strings === undefined) return needed.length === 0 ? [] : undefined
  return values.has(DT_RPATH) ? undefined : needed.map((offset) => stringAt(file, strings + offset))
}

function stringAt(file: Uint8Array, offset: number): string {
  const end = file.indexOf(0, offset)
  return Buffer.from(file.subarray(offset, end < 0 ? offset : end)).toString('utf8')
}
