import { setImmediate } from 'node:timers/promises'
import type { KeptBlock, KeptBlocks, NotedBlock } from '../archive/keptBlocks.ts'
import { parseDigest, type Digest } from '../ground/digest.ts'
import { bytesOf, integerOf, textOf, type Database } from '../kit/database.ts'
import { createBlockReader, type BlockReader } from './internal/blockReader.ts'
import { codeOf, makeCodeKey, openCodeKey, type CodeKey } from './internal/messageCode.ts'
import { BlobNotFoundError, type RangeReader } from './contentStore.ts'

/*
 * Compressed blocks are kept where they stand anyway: in the layer blobs that were made of them. The database says which
 * block is where; so keeping them takes no room and no writing of its own, a blob that is whole has whole blocks, and
 * pruning a blob prunes what is kept of it.
 */

/** Where compressed blocks stand in the blobs of a store. */
export interface PackedBlocks {
  /** For one blob that is being made. */
  open(signal: AbortSignal): BlobBlocks
}

export interface BlobBlocks extends KeptBlocks {
  /** Says that what was noted stands in `blob`, which the store has. Of many blocks some may be known before others. */
  keep(blob: Digest): Promise<void>
}

/** The order of rows is that of their last use. */
const MIGRATIONS = [
  `CREATE TABLE packed_block (
     place INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, blob TEXT NOT NULL, start INTEGER NOT NULL,
     size_bytes INTEGER NOT NULL, checksum INTEGER NOT NULL) STRICT;
   CREATE INDEX packed_block_by_blob ON packed_block (blob);`,
  `CREATE TABLE packed_block_key (id INTEGER PRIMARY KEY CHECK (id = 1), key BLOB NOT NULL) STRICT;
   DELETE FROM packed_block;`,
  `DELETE FROM packed_block;
   ALTER TABLE packed_block DROP COLUMN checksum;
   ALTER TABLE packed_block ADD COLUMN code TEXT NOT NULL DEFAULT '';`,
  `DELETE FROM packed_block;
   ALTER TABLE packed_block ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;`,
]

/** Of about 50 GB of layers; 40 MB in the database. */
const MAX_BLOCKS = 100_000

/** Written in one go, which takes some 30 ms: nothing else is done meanwhile. */
const SLICE_BLOCKS = 1_000

/** `database` is that of the store. What was not used for longest is forgotten first. */
export function createPackedBlocks(database: Database, content: RangeReader, maxBlocks = MAX_BLOCKS): PackedBlocks {
  database.migrate('packed_block', MIGRATIONS)
  const key = ensureKey(database)
  return {
    open(signal) {
      const noted: PlacedBlock[] = []
      const found = new Map<string, string>()
      const lookup = { database, key, reader: createBlockReader(content), found }
      return {
        nameOf: (block) => codeOf(key, block),
        find: (name) => findBlock(name, lookup, signal),
        note: ({ name, offset, packed, checksum }: NotedBlock) => void noted.push({ name, offset, sizeBytes: packed.byteLength, checksum, code: found.get(name) ?? codeOfBlock({ packed, checksum }, key) }),
        keep: (blob) => keepBlocks(blob, noted, { database, maxBlocks }, signal),
      }
    },
  }
}

/** Of all processes that use the store. */
function ensureKey(database: Database): CodeKey {
  database.run('INSERT OR IGNORE INTO packed_block_key VALUES (1, ?)', makeCodeKey())
  const row = database.get('SELECT key FROM packed_block_key')
  if (row === undefined) throw new Error('the database has not kept a key that it was given')
  return openCodeKey(bytesOf(row, 'key'))
}

interface PlacedBlock {
  readonly name: string
  readonly offset: number
  readonly sizeBytes: number
  readonly checksum: number
  readonly code: string
}

/** Of the packed bytes and the checksum. */
function codeOfBlock({ packed, checksum }: KeptBlock, key: CodeKey): string {
  return codeOf(key, packed, Buffer.from(`${checksum}`))
}

interface BlockLookup {
  readonly database: Database
  readonly reader: BlockReader
  readonly key: CodeKey
  /** Codes of blocks, by name. */
  readonly found: Map<string, string>
}

async function findBlock(name: string, { database, key, reader, found }: BlockLookup, signal: AbortSignal): Promise<KeptBlock | undefined> {
  signal.throwIfAborted()
  const row = database.get('SELECT blob, start, size_bytes, checksum, code FROM packed_block WHERE name = ?', name)
  if (row === undefined) return undefined
  const blob = parseDigest(textOf(row, 'blob'))
  const code = textOf(row, 'code')
  const checksum = integerOf(row, 'checksum')
  try {
    const packed = await reader.read({ blob, start: integerOf(row, 'start'), sizeBytes: integerOf(row, 'size_bytes') }, signal)
    if (packed !== undefined && codeOfBlock({ packed, checksum }, key) === code) {
      found.set(name, code)
      return { packed, checksum }
    }
    database.run('DELETE FROM packed_block WHERE name = ?', name)
  } catch (error) {
    if (!(error instanceof BlobNotFoundError)) throw error
    database.run('DELETE FROM packed_block WHERE blob = ?', blob)
  }
  return undefined
}

interface BlockTable {
  readonly database: Database
  readonly maxBlocks: number
}

async function keepBlocks(blob: Digest, blocks: readonly PlacedBlock[], table: BlockTable, signal: AbortSignal): Promise<void> {
  for (let from = 0; from < blocks.length; from += SLICE_BLOCKS) {
    if (from > 0) await setImmediate()
    signal.throwIfAborted()
    keepSlice(blob, blocks.slice(from, from + SLICE_BLOCKS), table)
  }
}

function keepSlice(blob: Digest, blocks: readonly PlacedBlock[], { database, maxBlocks }: BlockTable): void {
  database.transaction(() => {
    for (const { name, offset, sizeBytes, checksum, code } of blocks) {
      database.run('INSERT OR REPLACE INTO packed_block (name, blob, start, size_bytes, checksum, code) VALUES (?, ?, ?, ?, ?, ?)', name, blob, offset, sizeBytes, checksum, code)
    }
    database.run('DELETE FROM packed_block WHERE place IN (SELECT place FROM packed_block ORDER BY place LIMIT max(0, (SELECT count(*) FROM packed_block) - ?))', maxBlocks)
  })
}
