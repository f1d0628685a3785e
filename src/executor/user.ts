import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { resolveIn, type OpenFolder } from '../archive/safePath.ts'
import { fromText, textOfBytes } from '../kit/byteString.ts'
import { SyscallError } from '../kit/syscalls.ts'
import { ProcessStartError } from './executor.ts'

/** Whom a process runs as. */
export interface UserIds {
  readonly uid: number
  readonly gid: number
  /** Supplementary groups, the primary one among them. */
  readonly additionalGids: readonly number[]
}

/**
 * Dockerfile's USER, `user[:group]`, by name or number, looked up in the /etc/passwd and /etc/group of `root`; '' is
 * root. A number that is in no file stands for itself, its group being 0. Without a group the user has that of
 * /etc/passwd and all that /etc/group lists it in.
 * @throws ProcessStartError where a name is in neither file
 */
export function resolveUser(root: OpenFolder, written: string): UserIds {
  const [user = '', group = ''] = written === '' ? ['0'] : written.split(':', 2)
  if (isId(user) && isId(group)) return withGroups(Number(user), Number(group), [])
  const account = findAccount(readIn(root, '/etc/passwd'), user) ?? numberedAccount(user)
  const groups = parseGroups(readIn(root, '/etc/group'))
  if (group !== '') return withGroups(account.uid, findGroup(groups, group), [])
  return withGroups(account.uid, account.gid, groups.filter(({ members }) => members.includes(account.name)).map(({ gid }) => gid))
}

/** Nobody is listed by '' in a group: it has no name. */
function numberedAccount(user: string): Account {
  if (!isId(user)) throw unknown('user', user, '/etc/passwd')
  return { name: '', uid: Number(user), gid: 0, home: '' }
}

/** What HOME is where nothing sets it: as in the /etc/passwd of `root`, `/` for who is not in it. */
export function homeOf(root: OpenFolder, uid: number): string {
  const home = parseAccounts(readIn(root, '/etc/passwd')).find((account) => account.uid === uid)?.home ?? ''
  return home === '' ? '/' : home
}

interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}

interface Group {
  readonly name: string
  readonly gid: number
  readonly members: readonly string[]
}

/** By name first: a name may be made of digits. */
function findAccount(passwd: string, user: string): Account | undefined {
  const accounts = parseAccounts(passwd)
  return accounts.find(({ name }) => name === user) ?? accounts.find(({ uid }) => isId(user) && uid === Number(user))
}

function parseAccounts(passwd: string): readonly Account[] {
  return linesOf(passwd).map(([name = '', , uid = '', gid = '', , home = '']) => ({ name, uid: Number(uid), gid: Number(gid), home }))
}

function parseGroups(text: string): readonly Group[] {
  return linesOf(text).map(([name = '', , gid = '', members = '']) => ({ name, gid: Number(gid), members: members.split(',').filter((member) => member !== '') }))
}

function findGroup(groups: readonly Group[], group: string): number {
  const found = groups.find(({ name }) => name === group)?.gid
  if (found !== undefined) return found
  if (isId(group)) return Number(group)
  throw unknown('group', group, '/etc/group')
}

function withGroups(uid: number, gid: number, others: readonly number[]): UserIds {
  return { uid, gid, additionalGids: [...new Set([gid, ...others])] }
}

function isId(text: string): boolean {
  return /^\d+$/.test(text)
}

/** passwd(5), group(5): fields apart by colons. */
function linesOf(text: string): readonly string[][] {
  return text.split('\n').filter((line) => line.includes(':')).map((line) => line.split(':'))
}

/** '' where there is no such file: an image may do without users. */
function readIn(root: OpenFolder, path: string): string {
  try {
    const relative = textOfBytes(resolveIn(root, fromText(path)))
    return readFileSync(join(`/proc/self/fd/${root.fd}`, relative), 'utf8')
  } catch (error) {
    if (error instanceof SyscallError && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return ''
    throw error
  }
}

function unknown(what: string, name: string, file: string): ProcessStartError {
  return new ProcessStartError(`unable to find ${what} ${JSON.stringify(name)}: it is not in the image's ${file}`, {
    hint: `create it in an earlier step, such as RUN ${what === 'user' ? 'adduser' : 'addgroup'} ${name}, or write its number`,
  })
}
