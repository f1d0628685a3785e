import { parseJsonObject, requiredString } from '../ground/jsonValue.ts'
import { firstValue, type Metadata } from './grpc/metadata.ts'

/*
 * Where client and engine are of one machine and user, an archive need not go through two HTTP/2 connections, one inside
 * the other: the client opens the file, and lends it. Pelago's own, and none of it is said to others. The engine asks
 * for it in the headers of `FileSend.DiffCopy`; the client answers with one message, which is empty where the archive
 * goes to no file. The engine writes to the file, or, where it cannot, sends the bytes as ever.
 */

/** A file that is open at the client. Whoever opens `path` and finds another file there sees the machine differently. */
export interface LentFile {
  readonly path: string
  /** As `stat` has them. */
  readonly device: string
  readonly inode: string
}

/** Of a session: that the client lends. */
export const LENDS_HEADER = 'x-pelago-lends-files'
const ASKS_HEADER = 'x-pelago-asks-for-file'

export function askForFile(metadata: Metadata): Metadata {
  return new Map([...metadata, [ASKS_HEADER, ['1']]])
}

export function isAskedForFile(metadata: Metadata): boolean {
  return firstValue(metadata, ASKS_HEADER) !== undefined
}

export function formatLentFile(file: LentFile): Uint8Array {
  return Buffer.from(JSON.stringify(file))
}

/** Undefined where none is lent. @throws InvalidValueError */
export function parseLentFile(bytes: Uint8Array): LentFile | undefined {
  if (bytes.byteLength === 0) return undefined
  const object = parseJsonObject(Buffer.from(bytes).toString(), 'lent file')
  return { path: requiredString(object, 'path'), device: requiredString(object, 'device'), inode: requiredString(object, 'inode') }
}
