import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { AUDIT_VERSION, type PlatformAudit } from '../../audit/auditPlatform.ts'
import { FACTS_VERSION, type LayerFacts } from '../../audit/facts/layerFacts.ts'
import { bytesOf, type Database, type Row } from '../../kit/database.ts'

/** Facts of layers, and audits made of them, in the store's database; those of another version of Pelago, and those whose bytes are no longer what was written, are not seen. */
export interface AuditStore {
  /** Undefined where none of the keys is known. */
  facts(keys: readonly string[]): LayerFacts | undefined
  /** As cheap as can be. */
  hasFacts(keys: readonly string[]): boolean
  putFacts(keys: readonly string[], facts: LayerFacts): void
  audit(key: string): PlatformAudit | undefined
  putAudit(key: string, audit: PlatformAudit): void
  /** All of it: it is read anew when it is asked for. */
  forget(): void
}

const MIGRATIONS = [
  `CREATE TABLE audit_record (key TEXT PRIMARY KEY, sequence INTEGER NOT NULL, value BLOB NOT NULL) STRICT;
   CREATE INDEX audit_record_by_sequence ON audit_record (sequence);`,
]

/** The oldest go: they cost a reading of the layer when they are asked for again. */
const MAX_RECORDS = 2000

export function createAuditStore(database: Database): AuditStore {
  database.migrate('audit', MIGRATIONS)
  const read = (key: string): unknown => {
    const row = database.get('SELECT value FROM audit_record WHERE key = ?', key)
    return row === undefined ? undefined : unpack(row)
  }
  const write = (keys: readonly string[], value: unknown): void => {
    const bytes = zstdCompressSync(JSON.stringify(value), { params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 } })
    database.transaction(() => {
      for (const key of keys) database.run('INSERT OR REPLACE INTO audit_record VALUES (?, (SELECT coalesce(max(sequence), 0) + 1 FROM audit_record), ?)', key, bytes)
      database.run('DELETE FROM audit_record WHERE sequence <= (SELECT max(sequence) - ? FROM audit_record)', MAX_RECORDS)
    })
  }
  const factsKey = (key: string): string => `facts ${FACTS_VERSION} ${key}`
  const auditKey = (key: string): string => `audit ${AUDIT_VERSION} ${key}`
  return {
    facts(keys) {
      for (const key of keys) {
        const found = read(factsKey(key))
        if (found !== undefined) return found as LayerFacts // nobody else writes under a key of this version
      }
      return undefined
    },
    hasFacts: (keys) => keys.some((key) => database.get('SELECT 1 FROM audit_record WHERE key = ?', factsKey(key)) !== undefined),
    putFacts: (keys, facts) => write(keys.map(factsKey), facts),
    audit: (key) => read(auditKey(key)) as PlatformAudit | undefined,
    putAudit: (key, audit) => write([auditKey(key)], audit),
    forget: () => void database.run('DELETE FROM audit_record'),
  }
}

function unpack(row: Row): unknown {
  try {
    return JSON.parse(zstdDecompressSync(bytesOf(row, 'value')).toString())
  } catch {
    return undefined // whatever is wrong with it
  }
}
