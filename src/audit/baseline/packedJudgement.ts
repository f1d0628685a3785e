import type { ByteString } from '../../kit/byteString.ts'
import type { Finding } from '../finding.ts'
import type { GroupRule } from '../judge/platformAudit.ts'
import type { Surroundings } from '../judge/surroundings.ts'
import type { Check } from '../judge/told.ts'
import { hashPlace, lowerBound } from './placeHash.ts'
import { bytesOf, packSections, unpackSections, wordsOf } from './sections.ts'

/** What was judged of a packed tree, so that only what layers on top change need be judged anew. Files are nodes of the tree. */
export interface PackedJudgement extends JudgementNotes {
  /** What a loader was asked for: first the programs, then the libraries that none of them loads. */
  readonly units: Uint32Array
  /** The libraries that a program loads. */
  reachedBy(unit: number): Uint32Array
  /** The units of which something depends on `lookup`, as a log of lookups has it: these, and perhaps a few more. */
  unitsThatAsked(lookup: string): Uint32Array
}

export interface JudgementNotes {
  readonly surroundings: Surroundings
  readonly told: readonly { readonly check: Check; readonly file: number; readonly finding: Finding }[]
  readonly groups: readonly { readonly rule: GroupRule; readonly files: readonly number[]; readonly finding: Finding }[]
  readonly scripts: readonly { readonly line: ByteString; readonly files: readonly number[] }[]
  readonly programCount: number
  /** What is told of units. */
  readonly links: readonly { readonly unit: number; readonly key?: string; readonly finding: Finding }[]
  /** Units of which something is not told, because an earlier one told it. */
  readonly repeated: readonly number[]
  readonly judgedFiles: number
}

export interface JudgedUnit {
  readonly node: number
  readonly reached: readonly number[]
  readonly lookups: ReadonlySet<string>
}

const SECTION_COUNT = 7

export function packJudgement(notes: JudgementNotes, units: readonly JudgedUnit[]): Uint8Array {
  const asked = new Map<number, number[]>()
  for (const [unit, { lookups }] of units.entries()) {
    for (const lookup of lookups) {
      const hash = hashPlace(lookup)
      const before = asked.get(hash)
      if (before === undefined) asked.set(hash, [unit])
      else if (before.at(-1) !== unit) before.push(unit)
    }
  }
  const sorted = [...asked].sort(([a], [b]) => a - b)
  const lookups = packLists(sorted.map(([, list]) => list))
  const reached = packLists(units.map((unit) => unit.reached))
  const nodes = Uint32Array.from(units, ({ node }) => node)
  return packSections([Buffer.from(JSON.stringify(notes)), ...[nodes, reached.starts, reached.items, Uint32Array.from(sorted, ([hash]) => hash), lookups.starts, lookups.items].map(bytesOf)])
}

/** Of what `packJudgement` made. @throws RangeError, SyntaxError for other bytes */
export function readPackedJudgement(packed: Uint8Array): PackedJudgement {
  const [notes = packed, ...sections] = unpackSections(packed, SECTION_COUNT)
  const words = (index: number): Uint32Array => wordsOf(sections[index] ?? new Uint8Array())
  const [units, hashes, lookupStarts, lookupUnits] = [words(0), words(3), words(4), words(5)]
  return {
    ...(JSON.parse(Buffer.from(notes.buffer, notes.byteOffset, notes.byteLength).toString()) as JudgementNotes), // as `packJudgement` wrote it
    units,
    reachedBy: (unit) => listAt(words(1), words(2), unit),
    unitsThatAsked(lookup) {
      const hash = hashPlace(lookup)
      const at = lowerBound(hashes, hash)
      return hashes[at] === hash ? listAt(lookupStarts, lookupUnits, at) : new Uint32Array()
    },
  }
}

function packLists(lists: readonly (readonly number[])[]): { readonly starts: Uint32Array; readonly items: Uint32Array } {
  const starts = new Uint32Array(lists.length + 1)
  for (const [index, { length }] of lists.entries()) starts[index + 1] = (starts[index] ?? 0) + length
  return { starts, items: Uint32Array.from(lists.flat()) }
}

function listAt(starts: Uint32Array, items: Uint32Array, index: number): Uint32Array {
  return items.subarray(starts[index], starts[index + 1])
}
