import { posix } from 'node:path'
import type { TarEntry, TarKind } from '../../archive/tar.ts'
import { writeTar } from '../../archive/tarWriter.ts'
import { asByteString, fromText } from '../../kit/byteString.ts'

/** `files`, text by path below `folder`, as an archive for `docker cp`: root's, and readable for whoever the engine runs as. */
export function writeConfigArchive(folder: string, files: ReadonlyMap<string, string>): AsyncIterable<Uint8Array> {
  const paths = [...files].map(([path, text]) => ({ path: posix.join(folder, path), text }))
  const folders = new Set(paths.flatMap(({ path }) => foldersAbove(path)))
  return writeTar([...[...folders].toSorted().map((path) => entry('folder', path, '')), ...paths.map(({ path, text }) => entry('file', path, text))])
}

function foldersAbove(path: string): readonly string[] {
  const parent = posix.dirname(path)
  return parent === '.' ? [] : [...foldersAbove(parent), parent]
}

function entry(kind: Extract<TarKind, 'file' | 'folder'>, path: string, text: string): TarEntry {
  const bytes = Buffer.from(text)
  const header = { kind, path: fromText(path), mode: kind === 'file' ? 0o644 : 0o755, uid: 0, gid: 0, sizeBytes: bytes.byteLength, mtimeNs: 0n, linkTarget: asByteString(''), deviceMajor: 0, deviceMinor: 0, xattrs: new Map() }
  return { header, content: one(bytes) }
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
