import type { TarEntry, TarHeader } from '../../archive/tar.ts'
import { digestHex } from '../../ground/digest.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import { asByteString, fromText, textOfBytes, type ByteString } from '../../kit/byteString.ts'
import { createHasher } from '../../kit/hashing.ts'
import type { PlatformFolder } from '../internal/platformFolders.ts'
import { readViewEntries } from '../internal/viewFiles.ts'
import { takeAttestations } from './attestation.ts'
import { formatStatement } from './statement.ts'
import { resolveSubjects, type Subject } from './subject.ts'

/**
 * The statements about a platform's files, each a file that goes beside them, by name; their subjects are the files.
 * None where nothing is said: then no file is read.
 */
export async function makeStatementFiles({ result, prefix, mtimeNs, attestationPrefix }: PlatformFolder, view: string, signal: AbortSignal): Promise<readonly TarEntry[]> {
  const attestations = takeAttestations(result.attestations, false)
  if (attestations.length === 0) return []
  const subjects = await hashFiles(view, signal)
  const files: TarEntry[] = []
  for (const attestation of attestations) {
    const { predicateType, filename } = attestation
    const bytes = formatStatement({ predicateType, subjects: resolveSubjects(attestation.subjects, subjects), predicate: await attestation.predicate([], signal) }, 'indented')
    const name = fromText(`${attestationPrefix}${filename}`)
    const path = prefix === '' ? name : asByteString(`${prefix}/${name}`)
    files.push({ header: { ...PLAIN, path, sizeBytes: bytes.byteLength, mtimeNs: mtimeNs ?? BigInt(Date.now()) * 1_000_000n }, content: whole(bytes) })
  }
  return files.sort((a, b) => (a.header.path < b.header.path ? -1 : 1))
}

/** Regular files, each inode once. */
async function hashFiles(view: string, signal: AbortSignal): Promise<readonly Subject[]> {
  const subjects: Subject[] = []
  for await (const { header, content } of readViewEntries(view, { prefix: asByteString(''), mtimeNs: undefined }, signal)) {
    if (header.kind !== 'file') continue
    const hasher = createHasher()
    for await (const _ of hasher.pass(content)) signal.throwIfAborted()
    subjects.push({ name: textOfBytes(header.path), digest: { sha256: digestHex(hasher.result().digest) } })
  }
  return subjects
}

/** `entries` with `statements` in their places, which are next to what is directly under `prefix`. @throws InvalidValueError where a file of the result has the name of one */
export async function* withStatements(entries: AsyncIterable<TarEntry>, statements: readonly TarEntry[], prefix: ByteString): AsyncGenerator<TarEntry> {
  const left = [...statements]
  for await (const entry of entries) {
    const { path } = entry.header
    const isSibling = path !== prefix && !path.slice(prefix === '' ? 0 : prefix.length + 1).includes('/')
    for (let [next] = left; isSibling && next !== undefined && next.header.path <= path; [next] = left) {
      if (next.header.path === path) throw taken(path)
      yield next
      left.shift()
    }
    yield entry
  }
  yield* left
}

function taken(path: ByteString): InvalidValueError {
  return new InvalidValueError(`the result has ${JSON.stringify(textOfBytes(path))} already, where its attestation would go`, { hint: 'call it otherwise, by attestation-prefix=NAME- of the output' })
}

const PLAIN: Omit<TarHeader, 'path' | 'sizeBytes' | 'mtimeNs'> = { kind: 'file', mode: 0o600, uid: 0, gid: 0, linkTarget: asByteString(''), deviceMajor: 0, deviceMinor: 0, xattrs: new Map() }

function whole(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  return {
    async *[Symbol.asyncIterator]() {
      yield bytes
    },
  }
}
