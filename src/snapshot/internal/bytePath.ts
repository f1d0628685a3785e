import { readdirSync } from 'node:fs'
import { asByteString, bytesOf, type ByteString } from '../../kit/byteString.ts'

/* Relative paths have `/` between names and none at the ends; '' is the root. */

export const ROOT = asByteString('')

/** `name` in `folder`; either may be ''. */
export function joinPath(folder: ByteString, name: ByteString): ByteString {
  if (folder === '') return name
  return name === '' ? folder : asByteString(`${folder}/${name}`)
}

/** The names between slashes, those that are empty or `.` left out. */
export function splitPath(path: ByteString): readonly ByteString[] {
  return path.split('/').filter((name) => name !== '' && name !== '.').map(asByteString)
}

/** What comes before the last name, and the last name. */
export function splitLast(path: ByteString): readonly [folder: ByteString, name: ByteString] {
  const slash = path.lastIndexOf('/')
  return [asByteString(path.slice(0, Math.max(0, slash))), asByteString(path.slice(slash + 1))]
}

/** Names in a folder, in the order of their bytes. */
export function sortedNames(folder: ByteString): readonly ByteString[] {
  return readdirSync(bytesOf(folder), { encoding: 'latin1' }).sort(compareBytes).map(asByteString)
}

/** -1, 0 or 1, by bytes. */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

export function isDotDot(name: ByteString): boolean {
  return name === '..'
}
