import { fromBytes } from '../../kit/byteString.ts'
import { BLOCK_BYTES, TarInvalidError } from '../tar.ts'
import { brokenOff, type ByteSource } from './byteSource.ts'
import { decimal, type PaxRecords } from './paxRecords.ts'
import { sizeAt } from './rawHeader.ts'

/** A file of which only some stretches are in the archive, the rest being zeros: GNU tar's manual, "Storing Sparse Files". */
export interface SparseMap {
  readonly stretches: readonly Stretch[]
  /** Of the file with its holes. */
  readonly realSizeBytes: number
}

interface Stretch {
  readonly offset: number
  readonly length: number
}

/** A map says little per entry, so more than this is an attack. */
const MAX_STRETCHES = 1_000_000

/** Format 0.0 and 0.1, whose map is in the records; undefined where the records speak of neither. @throws TarInvalidError */
export function sparseMapOfRecords({ values, sparsePairs }: PaxRecords): SparseMap | undefined {
  const size = values.get('GNU.sparse.size')
  if (size === undefined) return undefined
  const map = values.get('GNU.sparse.map')
  const numbers = map === undefined ? sparsePairs : numbersOf(fromBytes(map))
  return toSparseMap(numbers, decimal('GNU.sparse.size', size))
}

/** Format 1.0: the map stands before the content, in lines, filled up to whole blocks. @throws TarInvalidError */
export async function readSparseMap(source: ByteSource, realSizeBytes: number): Promise<{ readonly map: SparseMap; readonly readBytes: number }> {
  const lines: string[] = []
  let rest = ''
  let readBytes = 0
  const wanted = (): number => (lines[0] === undefined ? 1 : 1 + 2 * countOf(lines[0]))
  while (lines.length < wanted()) {
    const block = await source.read(BLOCK_BYTES)
    if (block === undefined) throw brokenOff()
    readBytes += BLOCK_BYTES
    const parts = `${rest}${fromBytes(block)}`.split('\n')
    rest = parts.pop() ?? ''
    if (parts.length === 0) throw new TarInvalidError('tar archive holds a malformed sparse map')
    lines.push(...parts)
  }
  return { map: toSparseMap(lines.slice(1, wanted()).map(decimalOf), realSizeBytes), readBytes }
}

/** GNU's old format: four stretches in the header, then blocks of 21. @throws TarInvalidError */
export async function readOldSparseMap(header: Uint8Array, source: ByteSource): Promise<SparseMap> {
  const numbers = stretchNumbers(header, 386, 4)
  const realSizeBytes = sizeAt(header, 483, 12)
  let isExtended = header[482] === 1
  while (isExtended) {
    const block = await source.read(BLOCK_BYTES)
    if (block === undefined) throw brokenOff()
    numbers.push(...stretchNumbers(block, 0, 21))
    if (numbers.length > 2 * MAX_STRETCHES) throw new TarInvalidError('tar archive holds a sparse map without end')
    isExtended = block[504] === 1
  }
  return toSparseMap(numbers, realSizeBytes)
}

/** The file as it is to be read: what is stored, with zeros in the holes. */
export async function* expandSparse({ stretches, realSizeBytes }: SparseMap, read: (sizeBytes: number) => AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let position = 0
  for (const { offset, length } of stretches) {
    yield* zeros(offset - position)
    yield* read(length)
    position = offset + length
  }
  yield* zeros(realSizeBytes - position)
}

export function storedBytes({ stretches }: SparseMap): number {
  return stretches.reduce((sum, { length }) => sum + length, 0)
}

const ZEROS = new Uint8Array(64 * 1024)

function* zeros(sizeBytes: number): Generator<Uint8Array> {
  for (let left = sizeBytes; left > 0; left -= ZEROS.byteLength) yield left >= ZEROS.byteLength ? ZEROS : ZEROS.subarray(0, left)
}

function toSparseMap(numbers: readonly number[], realSizeBytes: number): SparseMap {
  const stretches: Stretch[] = []
  let position = 0
  for (let index = 0; index < numbers.length; index += 2) {
    const offset = numbers[index] ?? 0
    const length = numbers[index + 1] ?? -1
    if (offset < position || length < 0 || offset + length > realSizeBytes) throw new TarInvalidError('tar archive holds a sparse map that makes no sense')
    stretches.push({ offset, length })
    position = offset + length
  }
  return { stretches, realSizeBytes }
}

function stretchNumbers(block: Uint8Array, start: number, count: number): number[] {
  const numbers: number[] = []
  for (let offset = start; offset < start + count * 24; offset += 24) {
    if (block[offset] === 0) break
    numbers.push(sizeAt(block, offset, 12), sizeAt(block, offset + 12, 12))
  }
  return numbers
}

function countOf(line: string): number {
  const count = decimalOf(line)
  if (count > MAX_STRETCHES) throw new TarInvalidError('tar archive holds a sparse map without end')
  return count
}

function numbersOf(list: string): readonly number[] {
  return list === '' ? [] : list.split(',').map(decimalOf)
}

function decimalOf(text: string): number {
  return decimal('GNU.sparse.map', Buffer.from(text, 'latin1'))
}
