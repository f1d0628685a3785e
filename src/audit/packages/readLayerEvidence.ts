import type { LayerFacts } from '../facts/layerFacts.ts'
import { readLayerEntries, type PassingFile } from '../facts/readLayerEntries.ts'
import { databaseReaderOf, type DatabaseReader } from './databases/databaseReader.ts'
import { NOTHING, type FileEvidence } from './fileEvidence.ts'

/** What a layer says of packages. */
export type LayerEvidence = LayerFacts<FileEvidence>

/** Reads an uncompressed layer once, as it streams. Held are databases, one at a time, and of programs what `readProgram` holds. @throws TarInvalidError */
export async function readLayerEvidence(tar: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<LayerEvidence> {
  return await readLayerEntries(tar, readFile, signal)
}

async function readFile(file: PassingFile): Promise<FileEvidence> {
  const reader = databaseReaderOf(file.path)
  return reader === undefined ? NOTHING : await readDatabase(file, reader)
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
