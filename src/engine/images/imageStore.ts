import { describeBlob, type Descriptor } from '../../ground/oci/descriptor.ts'
import { parseDigest } from '../../ground/digest.ts'
import { formatReference, parseReference, type Reference } from '../../ground/reference.ts'
import { integerOf, textOf, type Database, type Row } from '../../kit/database.ts'

/** The names of the local images. What a name stands for lies in the content store; a name keeps it from being pruned. */
export interface ImageStore {
  get(reference: Reference): StoredImage | undefined
  /** Replaces what the name stood for. */
  put(reference: Reference, root: Descriptor): void
  /** Whether there was such a name. */
  remove(reference: Reference): boolean
  /** By name. */
  list(): readonly StoredImage[]
}

export interface StoredImage {
  readonly reference: Reference
  /** An index, or a single manifest. */
  readonly root: Descriptor
  readonly createdAtMs: number
}

export function createImageStore(database: Database): ImageStore {
  database.migrate('images', ['CREATE TABLE image (reference TEXT PRIMARY KEY, media_type TEXT NOT NULL, digest TEXT NOT NULL, size_bytes INTEGER NOT NULL, created_at_ms INTEGER NOT NULL) STRICT'])
  return {
    get(reference) {
      const row = database.get('SELECT * FROM image WHERE reference = ?', nameOf(reference))
      return row === undefined ? undefined : toImage(row)
    },
    put(reference, { mediaType, digest, sizeBytes }) {
      database.run('INSERT OR REPLACE INTO image VALUES (?, ?, ?, ?, ?)', nameOf(reference), mediaType, digest, sizeBytes, Date.now())
    },
    remove: (reference) => database.run('DELETE FROM image WHERE reference = ?', nameOf(reference)) > 0,
    list: () => database.all('SELECT * FROM image ORDER BY reference').map(toImage),
  }
}

function nameOf(reference: Reference): string {
  return formatReference({ ...reference, tag: reference.tag ?? 'latest', digest: undefined })
}

function toImage(row: Row): StoredImage {
  return {
    reference: parseReference(textOf(row, 'reference')),
    root: describeBlob(textOf(row, 'media_type'), parseDigest(textOf(row, 'digest')), integerOf(row, 'size_bytes')),
    createdAtMs: integerOf(row, 'created_at_ms'),
  }
}
