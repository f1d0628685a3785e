import { readFileSync } from 'node:fs'
import { asByteString, bytesOf, type ByteString } from '../../kit/byteString.ts'
import type { ActionBase, Owner } from '../../graph/vertex.ts'
import { errorCode } from './errorCode.ts'
import { OwnerNotFoundError } from './fileErrors.ts'
import type { FileOwner } from './metadata.ts'
import { resolveInRoot } from './rootPath.ts'

const MAX_ID = 0xfffffffe

/** Whether names have to be looked up. */
export function hasNames({ user, group }: Owner): boolean {
  return toId(user) === undefined || (group !== undefined && toId(group) === undefined)
}

/** The file systems in which names are looked up: the user's, then the group's, if that is another. */
export function lookupsOf({ lookup, groupLookup }: Owner): readonly ActionBase[] {
  return groupLookup === undefined ? [lookup] : [lookup, groupLookup]
}

/**
 * A name's ids by `/etc/passwd` under `root` and `/etc/group` under `groupRoot` (undefined: an empty file system).
 * Without a group, a name has the group of its passwd entry, and a number itself as group.
 * @throws OwnerNotFoundError
 */
export function lookUpOwner({ user, group }: Owner, root: ByteString | undefined, groupRoot = root): FileOwner {
  const uid = toId(user)
  const entry = uid === undefined ? findEntry(root, 'etc/passwd', user) : undefined
  if (uid === undefined && entry === undefined) throw notFound('user', user, '/etc/passwd')
  const ownGid = entry === undefined ? uid : idAt(entry, 3)
  return { uid: uid ?? idAt(entry ?? [], 2), gid: group === undefined ? (ownGid ?? 0) : lookUpGroup(group, groupRoot) }
}

function lookUpGroup(group: string, root: ByteString | undefined): number {
  const gid = toId(group)
  if (gid !== undefined) return gid
  const entry = findEntry(root, 'etc/group', group)
  if (entry === undefined) throw notFound('group', group, '/etc/group')
  return idAt(entry, 2)
}

function toId(text: string): number | undefined {
  return /^\d{1,10}$/.test(text) && Number(text) <= MAX_ID ? Number(text) : undefined
}

function idAt(entry: readonly string[], field: number): number {
  return toId(entry[field] ?? '') ?? 0
}

function findEntry(root: ByteString | undefined, file: string, name: string): readonly string[] | undefined {
  return readLines(root, file).map((line) => line.split(':')).find(([first]) => first === name)
}

function readLines(root: ByteString | undefined, file: string): readonly string[] {
  if (root === undefined) return []
  try {
    return readFileSync(bytesOf(resolveInRoot(root, asByteString(file), 'follow')), 'utf8').split('\n')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(errorCode(error))) return []
    throw error
  }
}

function notFound(what: string, name: string, file: string): OwnerNotFoundError {
  return new OwnerNotFoundError(`no ${what} ${JSON.stringify(name)} in ${file} of the image`, { hint: `add it with a RUN before, or write its number` })
}
