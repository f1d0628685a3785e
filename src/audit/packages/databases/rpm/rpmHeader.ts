import { toPackage, type Package } from '../../package.ts'
import { fromText, type ByteString } from '../../../../kit/byteString.ts'
import { isLanguageFile } from '../languageFile.ts'

/** What rpm keeps of one package, as far as it is told. */
export interface RpmEntry {
  readonly one: Package | undefined
  /** Files that it brought, and that name packages of languages. */
  readonly owned: readonly ByteString[]
}

/** rpm's include/rpm/rpmtag.h */
const TAG = { name: 1000, version: 1001, release: 1002, epoch: 1003, vendor: 1011, license: 1014, url: 1020, architecture: 1022, source: 1044, folderOfFile: 1116, fileNames: 1117, folders: 1118 } as const
const ENTRY_BYTES = 16
/** rpm itself refuses more (lib/header.c). */
const MAX_ENTRIES = 65_535

/** A header as the database has it, without the magic in front: docs/manual/format_header.md. Never throws. */
export function parseRpmHeader(blob: Uint8Array): RpmEntry {
  const header = openHeader(Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength))
  if (header === undefined) return { one: undefined, owned: [] }
  const text = (tag: number): string => header.texts(tag)[0] ?? ''
  const [epoch] = header.numbers(TAG.epoch)
  const release = `${text(TAG.version)}-${text(TAG.release)}`
  const version = epoch === undefined || epoch === 0 ? release : `${epoch}:${release}`
  // keys are kept as if they were packages
  const name = text(TAG.name) === 'gpg-pubkey' ? '' : text(TAG.name)
  return {
    one: toPackage({ kind: 'rpm', name, version, architecture: text(TAG.architecture), source: parseSource(text(TAG.source), release), licenses: [text(TAG.license)], supplier: text(TAG.vendor), homepage: text(TAG.url) }),
    owned: [...ownedFiles(header)],
  }
}

/** `NAME-VERSION-RELEASE.src.rpm`; an epoch is not told there. */
function parseSource(text: string, release: string): Package['source'] {
  const [, name, version = ''] = /^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$/.exec(text.slice(0, 1024)) ?? []
  return name === undefined ? undefined : { name, version: version === release ? '' : version }
}

function* ownedFiles(header: RpmHeader): Generator<ByteString> {
  const [folders, folderOfFile] = [header.texts(TAG.folders), header.numbers(TAG.folderOfFile)]
  for (const [index, name] of header.texts(TAG.fileNames).entries()) {
    const path = `${folders[folderOfFile[index] ?? -1] ?? ''}${name}`.replace(/^\/+/, '')
    if (isLanguageFile(path)) yield fromText(path)
  }
}

interface RpmHeader {
  texts(tag: number): readonly string[]
  numbers(tag: number): readonly number[]
}

function openHeader(blob: Buffer): RpmHeader | undefined {
  if (blob.byteLength < 8) return undefined
  const count = blob.readUInt32BE(0)
  const dataAt = 8 + count * ENTRY_BYTES
  if (count > MAX_ENTRIES || dataAt > blob.byteLength) return undefined
  const data = blob.subarray(dataAt)
  const entries = new Map(Array.from({ length: count }, (_, index) => 8 + index * ENTRY_BYTES).map((at) => [blob.readUInt32BE(at), { offset: blob.readUInt32BE(at + 8), count: blob.readUInt32BE(at + 12) }] as const))
  return {
    texts(tag) {
      const entry = entries.get(tag)
      return entry === undefined ? [] : readTexts(data, entry)
    },
    numbers(tag) {
      const entry = entries.get(tag)
      if (entry === undefined) return []
      const whole = Math.max(0, Math.min(entry.count, Math.floor((data.byteLength - entry.offset) / 4)))
      return Array.from({ length: whole }, (_, index) => data.readUInt32BE(entry.offset + 4 * index))
    },
  }
}

function readTexts(data: Buffer, { offset, count }: { readonly offset: number; readonly count: number }): readonly string[] {
  const texts: string[] = []
  for (let at = offset; texts.length < count && at < data.byteLength; ) {
    const end = data.indexOf(0, at)
    if (end < 0) break
    texts.push(data.toString('utf8', at, end))
    at = end + 1
  }
  return texts
}
