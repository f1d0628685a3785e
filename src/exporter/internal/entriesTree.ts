import type { FileStat, TreeSource } from '../../api/fileSync.ts'
import type { TarEntry, TarHeader, TarKind } from '../../archive/tar.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import { textOfBytes, type ByteString } from '../../kit/byteString.ts'

/** The same entries as a tree that can be sent. They must be few, for they are held; contents are opened when they are asked for. */
export function entriesTree(entries: Iterable<TarEntry>): TreeSource {
  const byPath = new Map([...entries].map((entry) => [textPath(entry.header.path), entry]))
  return {
    async *walk() {
      for (const { header } of byPath.values()) yield toFileStat(header)
    },
    read(path) {
      const entry = byPath.get(path)
      if (entry === undefined) throw new Error(`no such entry: ${path}`)
      return entry.content
    },
  }
}

/** An entry's header in the terms of the file-sync protocol. @throws InvalidValueError where a name is not UTF-8, which the protocol cannot say */
export function toFileStat(header: TarHeader): FileStat {
  return {
    path: textPath(header.path),
    mode: TYPE_BITS[header.kind] | header.mode,
    uid: header.uid,
    gid: header.gid,
    sizeBytes: header.sizeBytes,
    mtimeNs: header.mtimeNs,
    linkTarget: textPath(header.linkTarget),
    deviceMajor: header.deviceMajor,
    deviceMinor: header.deviceMinor,
    xattrs: header.xattrs,
  }
}

/** Of st_mode. To the protocol a hard link is a file with a target. */
const TYPE_BITS: Readonly<Record<TarKind, number>> = {
  file: 0o100000,
  hardlink: 0o100000,
  folder: 0o040000,
  symlink: 0o120000,
  'character-device': 0o020000,
  'block-device': 0o060000,
  fifo: 0o010000,
}

function textPath(path: ByteString): string {
  const text = textOfBytes(path)
  if (text.includes('\ufffd') && !Buffer.from(text).equals(Buffer.from(path, 'latin1'))) {
    throw new InvalidValueError(`a file's name is not UTF-8: ${JSON.stringify(text)}`, { hint: 'export with -o type=tar, which keeps such names' })
  }
  return text
}
