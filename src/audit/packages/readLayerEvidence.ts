import type { LayerFacts } from '../facts/layerFacts.ts'
import { isElf } from '../../archive/elf/elfHeader.ts'
import { readLayerEntries, type PassingFile } from '../facts/readLayerEntries.ts'
import { databaseReaderOf, type DatabaseReader } from './databases/databaseReader.ts'
import { NOTHING, type FileEvidence } from './fileEvidence.ts'
import { createProgramScan, type ProgramScan } from './programs/programScan.ts'

/** What a layer says of packages. */
export type LayerEvidence = LayerFacts<FileEvidence>

/** Reads an uncompressed layer once, as it streams. Held are databases, one at a time, and of programs what `createProgramScan` holds. @throws TarInvalidError */
export async function readLayerEvidence(tar: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<LayerEvidence> {
  return await readLayerEntries(tar, readFile, signal)
}

async function readFile(file: PassingFile): Promise<FileEvidence> {
  const reader = databaseReaderOf(file.path)
  return reader === undefined ? await readProgram(file) : await readDatabase(file, reader)
}

async function readDatabase({ sizeBytes, content }: PassingFile, { maxBytes, parse }: DatabaseReader): Promise<FileEvidence> {
  if (sizeBytes > maxBytes) return { kind: 'unread', reason: `it has more than ${maxBytes} bytes` }
  const bytes = Buffer.allocUnsafe(sizeBytes)
  let filled = 0
  for await (const chunk of content) {
    bytes.set(chunk, filled)
    filled += chunk.byteLength
  }
  return parse(bytes)
}

const MAGIC_BYTES = 4

/** Of what is no ELF file, no more than its beginning is looked at. */
async function readProgram({ sizeBytes, content }: PassingFile): Promise<FileEvidence> {
  let head: Uint8Array = new Uint8Array(0)
  let scan: ProgramScan | undefined
  for await (const chunk of content) {
    if (scan !== undefined) {
      scan.push(chunk)
      continue
    }
    head = head.byteLength === 0 ? chunk : Buffer.concat([head, chunk])
    if (head.byteLength < MAGIC_BYTES) {
      head = Uint8Array.from(head) // the source may use its chunk again
      continue
    }
    if (!isElf(head)) return NOTHING
    scan = createProgramScan(sizeBytes)
    scan.push(head)
  }
  return scan?.finish() ?? NOTHING
}
