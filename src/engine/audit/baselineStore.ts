import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { AUDIT_VERSION } from '../../audit/auditPlatform.ts'
import { readPackedJudgement, type PackedJudgement } from '../../audit/baseline/packedJudgement.ts'
import type { PackedTree } from '../../audit/baseline/packedTree.ts'
import { readPackedTree } from '../../audit/baseline/readPackedTree.ts'
import { bytesOf, type Database } from '../../kit/database.ts'
import { createRecentValues, type RecentValues } from './recentValues.ts'

/**
 * Baselines of audits in the store's database, by what names their layers. What is cut, changed or of another version of
 * Pelago is not seen, and so made anew.
 */
export interface BaselineStore {
  tree(layers: string): PackedTree | undefined
  /** As cheap as can be. */
  hasTree(layers: string): boolean
  putTree(layers: string, packed: Uint8Array): void
  /** Layers that `noteMet` was called for, if that is not too long ago. */
  isMet(layers: string): boolean
  noteMet(layers: string): void
  /** `image` names all else that a judgement depends on. */
  judgement(layers: string, image: string): PackedJudgement | undefined
  putJudgement(layers: string, image: string, packed: Uint8Array): void
  /** All of it. */
  forget(): void
}

const MIGRATIONS = [
  `CREATE TABLE audit_baseline (key TEXT PRIMARY KEY, sequence INTEGER NOT NULL, size_bytes INTEGER NOT NULL, value BLOB NOT NULL) STRICT;
   CREATE INDEX audit_baseline_by_sequence ON audit_baseline (sequence);`,
]

/** As they are kept; an image of 50,000 files takes about one. The oldest go: they cost an audit of all their layers. */
const MAX_BYTES = 64 << 20
/** With a checksum: what a disk has changed is no baseline. */
const COMPRESSION = { params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 } }

/** What is decompressed into at once: the pieces are joined at the end. */
const CHUNK_BYTES = 256 << 10
/** Of trees, and of judgements: those of two large images. An engine that waits has to stay small. */
const MAX_RECENT_BYTES = 6 << 20

export function createBaselineStore(database: Database): BaselineStore {
  database.migrate('audit baseline', MIGRATIONS)
  const treeKey = (layers: string): string => `tree ${AUDIT_VERSION} ${layers}`
  const judgementKey = (layers: string, image: string): string => `judgement ${AUDIT_VERSION} ${layers} ${image}`

  const trees = createRecentValues<PackedTree>(MAX_RECENT_BYTES)
  const judgements = createRecentValues<PackedJudgement>(MAX_RECENT_BYTES)

  function read<T>(key: string, parse: (packed: Uint8Array) => T, recent: RecentValues<T>): T | undefined {
    const known = recent.get(key)
    if (known !== undefined) return known
    const row = database.get('SELECT value FROM audit_baseline WHERE key = ?', key)
    if (row === undefined) return undefined
    try {
      const packed = zstdDecompressSync(bytesOf(row, 'value'), { chunkSize: CHUNK_BYTES })
      const value = parse(packed)
      recent.keep(key, value, packed.byteLength)
      return value
    } catch {
      return undefined // whatever is wrong with it
    }
  }

  function write(key: string, value: Uint8Array): void {
    database.transaction(() => {
      database.run('INSERT OR REPLACE INTO audit_baseline VALUES (?, (SELECT coalesce(max(sequence), 0) + 1 FROM audit_baseline), ?, ?)', key, key.length + value.byteLength, value)
      // the newest stays, however large
      database.run(
        `DELETE FROM audit_baseline WHERE sequence IN (
           SELECT sequence FROM (SELECT sequence, sum(size_bytes) OVER (ORDER BY sequence DESC) AS upto, max(sequence) OVER () AS newest FROM audit_baseline)
           WHERE upto > ? AND sequence < newest)`,
        MAX_BYTES,
      )
    })
  }

  const has = (key: string): boolean => database.get('SELECT 1 FROM audit_baseline WHERE key = ?', key) !== undefined
  return {
    tree: (layers) => read(treeKey(layers), readPackedTree, trees),
    hasTree: (layers) => has(treeKey(layers)),
    putTree: (layers, packed) => write(treeKey(layers), zstdCompressSync(packed, COMPRESSION)),
    isMet: (layers) => has(`met ${layers}`),
    noteMet: (layers) => write(`met ${layers}`, new Uint8Array()),
    judgement: (layers, image) => read(judgementKey(layers, image), readPackedJudgement, judgements),
    putJudgement: (layers, image, packed) => write(judgementKey(layers, image), zstdCompressSync(packed, COMPRESSION)),
    forget() {
      database.run('DELETE FROM audit_baseline')
      trees.forget()
      judgements.forget()
    },
  }
}
