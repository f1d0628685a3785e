import { formatCanonicalJson } from '../../ground/canonicalJson.ts'
import { describeBlob } from '../../ground/oci/descriptor.ts'
import { digestOf, parseDigest, type Digest } from '../../ground/digest.ts'
import { parseJsonObject, stringMap } from '../../ground/jsonValue.ts'
import { integerOf, optionalTextOf, textOf, type Database, type Row } from '../../kit/database.ts'
import { SnapshotNotFoundError, type LayerBlob, type LazyLayer, type Snapshot, type SnapshotId } from '../snapshotStore.ts'

/** What is known of the snapshots of a store; their files are named by `folder`. Every change is one transaction. */
export interface SnapshotTable {
  get(id: SnapshotId): StoredSnapshot | undefined
  /** Lowest first. @throws SnapshotNotFoundError */
  chain(id: SnapshotId): readonly StoredSnapshot[]
  list(): readonly StoredSnapshot[]
  hasFolder(folder: string): boolean
  /** Does nothing where `layer.id` is known but for its blob, which is recorded. @throws SnapshotNotFoundError for the parent */
  insertLazy(layer: LazyLayer, at: number): void
  /** As `SnapshotStore.graft`. @throws SnapshotNotFoundError */
  insertGraft(layer: SnapshotId, parent: SnapshotId | undefined, at: number): SnapshotId
  /**
   * A new snapshot whose files are in `folder`, not synced yet, and `owner`'s hold on it. `revises`: over the files of
   * that one's layer, which has the same parent. `folds`: it has all files of that one, which may go.
   */
  insertPresent(id: SnapshotId, entry: { readonly parent: SnapshotId | undefined; readonly revises?: SnapshotId; readonly folds?: SnapshotId; readonly folder: string; readonly owner: string }, at: number): HoldId
  /** `snapshot` and what it revises, and so on, lowest first. */
  parts(snapshot: StoredSnapshot): readonly StoredSnapshot[]
  /** Not synced yet. */
  markPresent(id: SnapshotId, folder: string, at: number): void
  recordBlob(id: SnapshotId, blob: LayerBlob): void
  blobs(id: SnapshotId): readonly LayerBlob[]
  forgetBlob(id: SnapshotId, blob: Pick<LayerBlob, 'repository'> & { readonly digest: Digest }): void
  recordSize(id: SnapshotId, sizeBytes: number): void
  /** Marks it as used now; false where it is not known. */
  touch(id: SnapshotId, at: number): boolean
  /** Marks it as used by `owner` until `release`. @throws SnapshotNotFoundError */
  hold(id: SnapshotId, owner: string, at: number): HoldId
  /** Idempotent. */
  release(hold: HoldId): void
  holds(): readonly { readonly snapshot: SnapshotId; readonly owner: string }[]
  /** Forgets what a dead process held. */
  releaseOwner(owner: string): void
  /** Forgets a snapshot that has neither children nor holds, and was used before `usedBefore` only; what it was, else undefined. */
  remove(id: SnapshotId, usedBefore: number): StoredSnapshot | undefined
  /** Snapshots of this boot that a crash of the machine would tear. */
  unsynced(): readonly SnapshotId[]
  markSynced(ids: readonly SnapshotId[]): void
  /** Forgets what was not synced when the machine went down, and all that stands on it. */
  forgetTorn(): void
}

export type HoldId = number

export interface StoredSnapshot extends Snapshot {
  /** The snapshot of which it has all files, in fewer layers; it may be gone. */
  readonly folds: SnapshotId | undefined
  /** Undefined as long as the snapshot is lazy. */
  readonly folder: string | undefined
  /** Undefined where it was not counted yet. */
  readonly sizeBytes: number | undefined
  readonly createdAt: number
  readonly lastUsedAt: number
}

const MIGRATIONS = [
  `CREATE TABLE snapshot (
     id TEXT PRIMARY KEY, parent TEXT REFERENCES snapshot (id), folder TEXT UNIQUE, diff_id TEXT, size_bytes INTEGER,
     created_at INTEGER NOT NULL, last_used_at INTEGER NOT NULL) STRICT;
   CREATE INDEX snapshot_by_parent ON snapshot (parent);
   CREATE TABLE snapshot_blob (
     snapshot TEXT NOT NULL REFERENCES snapshot (id) ON DELETE CASCADE, digest TEXT NOT NULL, repository TEXT NOT NULL,
     media_type TEXT NOT NULL, size_bytes INTEGER NOT NULL, annotations TEXT NOT NULL, diff_id TEXT NOT NULL,
     PRIMARY KEY (snapshot, digest, repository)) STRICT;
   CREATE TABLE snapshot_hold (
     hold INTEGER PRIMARY KEY, snapshot TEXT NOT NULL REFERENCES snapshot (id), owner TEXT NOT NULL) STRICT;
   CREATE INDEX snapshot_hold_by_snapshot ON snapshot_hold (snapshot);`,
  // The boot during which the files were written, as long as they are not synced; before this step nothing was told of them
  'ALTER TABLE snapshot ADD COLUMN unsynced_boot TEXT',
  // Of a graft: the snapshot whose layer it has; never a graft itself
  `ALTER TABLE snapshot ADD COLUMN origin TEXT REFERENCES snapshot (id);
   CREATE INDEX snapshot_by_origin ON snapshot (origin);`,
  // That the blob was compressed with; null where that is not known
  'ALTER TABLE snapshot_blob ADD COLUMN level INTEGER',
  // The snapshot whose layer this one's is with changes, which alone are in its folder
  `ALTER TABLE snapshot ADD COLUMN revises TEXT REFERENCES snapshot (id);
   CREATE INDEX snapshot_by_revises ON snapshot (revises);`,
  // The snapshot that this one has all files of; no reference, since it may go
  'ALTER TABLE snapshot ADD COLUMN folds TEXT',
]

/** Lowest first. */
const CHAIN = `
  WITH RECURSIVE chain (id, depth) AS (
    SELECT ?1, 0 UNION ALL
    SELECT snapshot.parent, chain.depth + 1 FROM chain JOIN snapshot USING (id) WHERE snapshot.parent IS NOT NULL)
  SELECT snapshot.* FROM chain JOIN snapshot USING (id) ORDER BY chain.depth DESC`

/** Lowest first. */
const PARTS = `
  WITH RECURSIVE part (id, depth) AS (
    SELECT ?1, 0 UNION ALL
    SELECT snapshot.revises, part.depth + 1 FROM part JOIN snapshot USING (id) WHERE snapshot.revises IS NOT NULL)
  SELECT snapshot.* FROM part JOIN snapshot USING (id) ORDER BY part.depth DESC`

/** `bootId`: of the machine since it was last started. */
export function openSnapshotTable(database: Database, bootId: string): SnapshotTable {
  database.migrate('snapshot', MIGRATIONS)
  return { ...createReads(database), ...createWrites(database, bootId), ...createHolds(database, bootId), ...createSyncMarks(database, bootId) }
}

function createReads(database: Database): Pick<SnapshotTable, 'get' | 'chain' | 'parts' | 'list' | 'hasFolder' | 'blobs'> {
  const get = (id: SnapshotId): StoredSnapshot | undefined => {
    const row = database.get('SELECT * FROM snapshot WHERE id = ?', id)
    return row === undefined ? undefined : snapshotOf(row)
  }
  return {
    get,
    chain(id) {
      const chain = database.all(CHAIN, id).map(snapshotOf)
      if (chain.length === 0) throw new SnapshotNotFoundError(id)
      return chain
    },
    parts: (snapshot) => (snapshot.revises === undefined ? [snapshot] : database.all(PARTS, snapshot.id).map(snapshotOf)),
    list: () => database.all('SELECT * FROM snapshot ORDER BY created_at, id').map(snapshotOf),
    hasFolder: (folder) => database.get('SELECT 1 FROM snapshot WHERE folder = ?', folder) !== undefined,
    blobs: (id) => database.all('SELECT * FROM snapshot_blob WHERE snapshot = ? ORDER BY rowid', get(id)?.origin ?? id).map(blobOf),
  }
}

function createWrites(database: Database, bootId: string): Pick<SnapshotTable, 'insertLazy' | 'insertGraft' | 'markPresent' | 'recordBlob' | 'forgetBlob' | 'recordSize'> {
  const insertBlob = (id: SnapshotId, { descriptor, diffId, repository, level }: LayerBlob): void => {
    const annotations = formatCanonicalJson(Object.fromEntries(descriptor.annotations))
    database.run(
      `INSERT INTO snapshot_blob (snapshot, digest, repository, media_type, size_bytes, annotations, diff_id, level)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET level = coalesce(excluded.level, level)`, // two levels may come to the same bytes
      ...[id, descriptor.digest, repository ?? '', descriptor.mediaType, descriptor.sizeBytes, annotations, diffId, level ?? null],
    )
    database.run('UPDATE snapshot SET diff_id = ? WHERE id = ? AND diff_id IS NULL', diffId, id)
  }
  const find = (id: SnapshotId): StoredSnapshot | undefined => {
    const row = database.get('SELECT * FROM snapshot WHERE id = ?', id)
    return row === undefined ? undefined : snapshotOf(row)
  }
  const exists = (id: SnapshotId): boolean => find(id) !== undefined
  return {
    insertGraft: (layer, parent, at) =>
      database.transaction(() => {
        const origin = originOf(layer, find)
        if (parent !== undefined && !exists(parent)) throw new SnapshotNotFoundError(parent)
        if (origin.parent === parent) return origin.id
        const id = digestOf(formatCanonicalJson({ origin: origin.id, parent })) as string as SnapshotId
        database.run(
          `INSERT INTO snapshot (id, parent, origin, diff_id, created_at, last_used_at) VALUES (?, ?, ?, ?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET last_used_at = max(last_used_at, excluded.last_used_at)`,
          ...[id, parent ?? null, origin.id, origin.diffId ?? null, at, at],
        )
        return id
      }),
    insertLazy: ({ id, parent, blob }, at) =>
      database.transaction(() => {
        if (parent !== undefined && !exists(parent)) throw new SnapshotNotFoundError(parent)
        database.run(
          'INSERT INTO snapshot (id, parent, created_at, last_used_at) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET last_used_at = max(last_used_at, excluded.last_used_at)',
          ...[id, parent ?? null, at, at],
        )
        insertBlob(id, blob)
      }),
    markPresent(id, folder, at) {
      const changed = database.run('UPDATE snapshot SET folder = ?, unsynced_boot = ?, size_bytes = NULL, last_used_at = ? WHERE id = ?', folder, bootId, at, id)
      if (changed === 0) throw new SnapshotNotFoundError(id)
    },
    recordBlob: (id, blob) =>
      database.transaction(() => {
        insertBlob(originOf(id, find).id, blob)
      }),
    forgetBlob: (id, { digest, repository }) => void database.run('DELETE FROM snapshot_blob WHERE snapshot = ? AND digest = ? AND repository = ?', originOf(id, find).id, digest, repository ?? ''),
    recordSize: (id, sizeBytes) => void database.run('UPDATE snapshot SET size_bytes = ? WHERE id = ?', sizeBytes, id),
  }
}

function createHolds(database: Database, bootId: string): Pick<SnapshotTable, 'insertPresent' | 'touch' | 'hold' | 'release' | 'holds' | 'releaseOwner' | 'remove'> {
  const insertHold = (id: SnapshotId, owner: string): HoldId => {
    const row = database.get('INSERT INTO snapshot_hold (snapshot, owner) VALUES (?, ?) RETURNING hold', id, owner)
    if (row === undefined) throw new SnapshotNotFoundError(id)
    return integerOf(row, 'hold')
  }
  const touch = (id: SnapshotId, at: number): boolean => database.run('UPDATE snapshot SET last_used_at = max(last_used_at, ?) WHERE id = ?', at, id) > 0
  return {
    insertPresent: (id, { parent, revises, folds, folder, owner }, at) =>
      database.transaction(() => {
        database.run(
          'INSERT INTO snapshot (id, parent, revises, folds, folder, unsynced_boot, created_at, last_used_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
          ...[id, parent ?? null, revises ?? null, folds ?? null, folder, bootId, at, at],
        )
        return insertHold(id, owner)
      }),
    touch,
    hold: (id, owner, at) =>
      database.transaction(() => {
        if (!touch(id, at)) throw new SnapshotNotFoundError(id)
        return insertHold(id, owner)
      }),
    release: (hold) => void database.run('DELETE FROM snapshot_hold WHERE hold = ?', hold),
    holds: () =>
      database.all('SELECT DISTINCT snapshot, owner FROM snapshot_hold').map((row) => ({ snapshot: idOf(row, 'snapshot'), owner: textOf(row, 'owner') })),
    releaseOwner: (owner) => void database.run('DELETE FROM snapshot_hold WHERE owner = ?', owner),
    remove: (id, usedBefore) =>
      database.transaction(() => {
        const row = database.get(
          `SELECT * FROM snapshot WHERE id = ?1 AND last_used_at < ?2
           AND NOT EXISTS (SELECT 1 FROM snapshot AS child WHERE child.parent = ?1 OR child.origin = ?1 OR child.revises = ?1)
           AND NOT EXISTS (SELECT 1 FROM snapshot_hold WHERE snapshot = ?1)`,
          ...[id, usedBefore],
        )
        if (row === undefined) return undefined
        database.run('DELETE FROM snapshot WHERE id = ?', id)
        return snapshotOf(row)
      }),
  }
}

/** Snapshots that were not synced when the machine went down, and all that stands on them. */
const TORN = `
  WITH RECURSIVE torn (id) AS (
    SELECT id FROM snapshot WHERE unsynced_boot <> ?
    UNION SELECT snapshot.id FROM torn JOIN snapshot ON snapshot.parent = torn.id OR snapshot.origin = torn.id OR snapshot.revises = torn.id)`

function createSyncMarks(database: Database, bootId: string): Pick<SnapshotTable, 'unsynced' | 'markSynced' | 'forgetTorn'> {
  return {
    unsynced: () => database.all('SELECT id FROM snapshot WHERE unsynced_boot = ?', bootId).map((row) => idOf(row, 'id')),
    markSynced: (ids) => void database.run('UPDATE snapshot SET unsynced_boot = NULL WHERE id IN (SELECT value FROM json_each(?))', JSON.stringify(ids)),
    forgetTorn: () =>
      database.transaction(() => {
        database.run(`${TORN} DELETE FROM snapshot_hold WHERE snapshot IN torn`, bootId)
        database.run('PRAGMA defer_foreign_keys = ON') // parents and children go in one statement, in whatever order
        database.run(`${TORN} DELETE FROM snapshot WHERE id IN torn`, bootId)
      }),
  }
}

/** The snapshot whose layer `id` has: itself, unless it is a graft. @throws SnapshotNotFoundError */
function originOf(id: SnapshotId, find: (id: SnapshotId) => StoredSnapshot | undefined): StoredSnapshot {
  const found = find(id)
  const origin = found?.origin === undefined ? found : find(found.origin)
  if (origin === undefined) throw new SnapshotNotFoundError(id)
  return origin
}

function snapshotOf(row: Row): StoredSnapshot {
  const folder = optionalTextOf(row, 'folder')
  const diffId = optionalTextOf(row, 'diff_id')
  return {
    id: idOf(row, 'id'),
    parent: row['parent'] === null ? undefined : idOf(row, 'parent'),
    origin: row['origin'] === null ? undefined : idOf(row, 'origin'),
    revises: row['revises'] === null ? undefined : idOf(row, 'revises'),
    folds: row['folds'] === null ? undefined : idOf(row, 'folds'),
    state: folder === undefined ? 'lazy' : 'present',
    diffId: diffId === undefined ? undefined : parseDigest(diffId),
    folder,
    sizeBytes: row['size_bytes'] === null ? undefined : integerOf(row, 'size_bytes'),
    createdAt: integerOf(row, 'created_at'),
    lastUsedAt: integerOf(row, 'last_used_at'),
  }
}

function blobOf(row: Row): LayerBlob {
  const descriptor = describeBlob(textOf(row, 'media_type'), parseDigest(textOf(row, 'digest')), integerOf(row, 'size_bytes'))
  const repository = textOf(row, 'repository')
  return {
    descriptor: { ...descriptor, annotations: stringMap(parseJsonObject(`{"a":${textOf(row, 'annotations')}}`, 'annotations'), 'a') },
    diffId: parseDigest(textOf(row, 'diff_id')),
    repository: repository === '' ? undefined : repository,
    ...(row['level'] !== null && { level: integerOf(row, 'level') }),
  }
}

function idOf(row: Row, column: string): SnapshotId {
  return textOf(row, column) as SnapshotId
}
