import type { FileEvidence } from '../fileEvidence.ts'
import { parseApkInstalled } from './apk.ts'
import { parseDebianCopyright } from './debianCopyright.ts'
import { parseDpkgList, parseDpkgStatus } from './dpkg.ts'
import { parseGemSpecification } from './gem.ts'
import { GEM_SPECIFICATION, NPM_MANIFEST, PYTHON_METADATA } from './languageFile.ts'
import { parseNpmManifest } from './npm.ts'
import { parseOsRelease } from './osRelease.ts'
import { parsePythonMetadata } from './python.ts'
import { parseRpmBerkeley, parseRpmJournal, parseRpmNdb, parseRpmSqlite } from './rpm/rpmDatabase.ts'

/** Of files that are told by their path: how they are read. */
export interface DatabaseReader {
  /** The path has no slash in front. */
  readonly matches: RegExp
  /** A longer one is not read. */
  readonly maxBytes: number
  /** Never throws. */
  readonly parse: (bytes: Uint8Array) => FileEvidence
}

/** Undefined for what is no database of packages. */
export function databaseReaderOf(path: string): DatabaseReader | undefined {
  return READERS.find(({ matches }) => matches.test(path))
}

const MIB = 1 << 20

/** rpm's database of a whole distribution, which has each file of each package, that of another, the lists and licences of one big package, and what a single package says of itself. */
const BOUNDS = { rpm: 256 * MIB, database: 64 * MIB, list: 8 * MIB, manifest: MIB } as const

/** Where distributions have it: in the last of them Fedora and SUSE, in `usr/share` those that are made of a tree. */
const RPM_FOLDER = /^(?:var\/lib\/rpm|usr\/lib\/sysimage\/rpm|usr\/share\/rpm)\//

function ofText(matches: RegExp, maxBytes: number, parse: (text: string) => FileEvidence): DatabaseReader {
  return { matches, maxBytes, parse: (bytes) => parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()) }
}

const READERS: readonly DatabaseReader[] = [
  ofText(/^var\/lib\/dpkg\/(?:status|status\.d\/(?!.*\.md5sums$)[^/]+)$/, BOUNDS.database, parseDpkgStatus),
  ofText(/^var\/lib\/dpkg\/info\/[^/]+\.list$/, BOUNDS.list, parseDpkgList),
  ofText(/^usr\/share\/doc\/[^/]+\/copyright$/, BOUNDS.list, parseDebianCopyright),
  ofText(/^(?:usr\/)?lib\/apk\/db\/installed$/, BOUNDS.database, parseApkInstalled),
  { matches: new RegExp(`${RPM_FOLDER.source}rpmdb\\.sqlite$`), maxBytes: BOUNDS.rpm, parse: parseRpmSqlite },
  { matches: new RegExp(`${RPM_FOLDER.source}rpmdb\\.sqlite-wal$`), maxBytes: BOUNDS.rpm, parse: parseRpmJournal },
  { matches: new RegExp(`${RPM_FOLDER.source}Packages$`), maxBytes: BOUNDS.rpm, parse: parseRpmBerkeley },
  { matches: new RegExp(`${RPM_FOLDER.source}Packages\\.db$`), maxBytes: BOUNDS.rpm, parse: parseRpmNdb },
  ofText(/^(?:etc|usr\/lib)\/os-release$/, BOUNDS.manifest, parseOsRelease),
  ofText(NPM_MANIFEST, BOUNDS.manifest, parseNpmManifest),
  ofText(PYTHON_METADATA, BOUNDS.manifest, parsePythonMetadata),
  ofText(GEM_SPECIFICATION, BOUNDS.manifest, parseGemSpecification),
]
