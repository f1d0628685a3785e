import { NOTHING, packagesEvidence, type FileEvidence } from '../../fileEvidence.ts'
import { readBerkeleyValues } from './berkeleyPages.ts'
import { parseRpmHeader } from './rpmHeader.ts'
import { readSqliteTable } from './sqlitePages.ts'

/** `rpmdb.sqlite`: the table `Packages`, a number and a header a row. Never throws. */
export function parseRpmSqlite(bytes: Uint8Array): FileEvidence {
  const rows = readSqliteTable(bytes, 'Packages')
  if (rows === undefined) return { kind: 'unread', reason: 'it is no database of rpm' }
  return fromHeaders([...rows].flatMap(([, blob]) => (blob instanceof Uint8Array ? [blob] : [])))
}

/** `Packages`: a hash table of Berkeley DB, in which a number stands besides headers. Never throws. */
export function parseRpmBerkeley(bytes: Uint8Array): FileEvidence {
  if (bytes.byteLength === 0) return NOTHING
  const values = readBerkeleyValues(bytes)
  return values === undefined ? { kind: 'unread', reason: 'it is no hash table of Berkeley DB' } : fromHeaders([...values])
}

/** `Packages.db`: a form that SUSE has had. */
export function parseRpmNdb(bytes: Uint8Array): FileEvidence {
  return bytes.byteLength === 0 ? NOTHING : { kind: 'unread', reason: 'it is a database of rpm in the form ndb, which is not read' }
}

/** What was written and not yet put in its place: read alone, the database may be behind. */
export function parseRpmJournal(bytes: Uint8Array): FileEvidence {
  return bytes.byteLength === 0 ? NOTHING : { kind: 'unread', reason: 'changes of the rpm database stand in it that are not yet in rpmdb.sqlite' }
}

function fromHeaders(blobs: readonly Uint8Array[]): FileEvidence {
  const entries = blobs.map(parseRpmHeader)
  return packagesEvidence(entries.map(({ one }) => one), entries.flatMap(({ owned }) => owned))
}
