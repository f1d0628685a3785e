import { readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { redactUrls } from '../../../ground/urlText.ts'
import type { GitSource } from '../../../graph/vertex.ts'
import { bytesOf, fromBytes, fromText, type ByteString } from '../../../kit/byteString.ts'
import { utimens } from '../../../kit/syscalls.ts'
import { joinName } from '../../files/rootPath.ts'
import { RemoteSourceError } from '../remoteError.ts'
import { commitRef, type FetchTools, type GitMirror } from './gitMirror.ts'
import type { GitCommit } from './gitRefs.ts'

export interface Checkout {
  readonly source: GitSource
  readonly found: GitCommit
  readonly mirror: GitMirror
  /** An empty folder. */
  readonly target: string
}

/** The files of a commit, or of a folder in it; with what its submodules lead to, and with `.git`, where so asked. @throws GitFailedError; RemoteSourceError */
export async function checkOut(checkout: Checkout, tools: FetchTools, signal: AbortSignal): Promise<void> {
  const { source, mirror, found, target } = checkout
  const run: RunGit = ({ args, env = {} }) => tools.git.run({ access: tools.access, cwd: target, args, env, onOutput: tools.onOutput }, signal)
  const folder = cleanFolder(source)
  const tree = await findTree(run, { source, mirror, commit: found.commit, folder })
  const hasModules = source.submodules && folder === '' && (await isIn(run, mirror, `${found.commit}:.gitmodules`))
  if ((source.keepGitFolder && folder === '') || hasModules) await cloneInto(run, { ...checkout, hasModules })
  else await checkOutTree(run, { mirror, tree, target })
  if (source.mtime === 'commit') setTimes(fromText(target), await commitTimeNs(run, mirror, found.commit))
}

type RunGit = (call: { readonly args: readonly string[]; readonly env?: Readonly<Record<string, string>> }) => Promise<string>

/** '' is the whole. @throws RemoteSourceError where it leads out of the repository */
function cleanFolder({ folder, remote }: GitSource): string {
  const names = folder.split('/').filter((name) => name !== '' && name !== '.')
  if (names.includes('..')) throw new RemoteSourceError(remote, `folder ${JSON.stringify(folder)} leads out of the repository`, { kind: 'usage' })
  return names.join('/')
}

interface TreePlace {
  readonly source: GitSource
  readonly mirror: GitMirror
  readonly commit: string
  readonly folder: string
}

/** The id of the tree with the files. @throws RemoteSourceError where there is no such folder */
async function findTree(run: RunGit, { source, mirror, commit, folder }: TreePlace): Promise<string> {
  const name = `${commit}:${folder}`
  const kind = (await isIn(run, mirror, name)) ? (await run({ args: ['--git-dir', mirror.path, 'cat-file', '-t', name] })).trim() : undefined
  if (kind === 'tree') return name
  const what = kind === undefined ? `there is no folder ${JSON.stringify(folder)} at commit ${commit}` : `${JSON.stringify(folder)} is no folder at commit ${commit}`
  throw new RemoteSourceError(source.remote, what, { kind: 'not-found', hint: 'check the part behind the colon, or the query "subdir"' })
}

async function isIn(run: RunGit, mirror: GitMirror, name: string): Promise<boolean> {
  const answer = await run({ args: ['--git-dir', mirror.path, 'rev-parse', '--verify', '--quiet', name] }).catch(() => '')
  return answer.trim() !== ''
}

interface TreeCheckout {
  readonly mirror: GitMirror
  readonly tree: string
  readonly target: string
}

/** By an index of its own, which goes when it is done. */
async function checkOutTree(run: RunGit, { mirror, tree, target }: TreeCheckout): Promise<void> {
  const index = join(mirror.path, 'pelago-index')
  const place = ['--git-dir', mirror.path, '--work-tree', target]
  const env = { GIT_INDEX_FILE: index }
  try {
    await run({ args: [...place, 'read-tree', tree], env })
    await run({ args: [...place, 'checkout-index', '--all', '--force', '--quiet'], env })
  } finally {
    await rm(index, { force: true })
  }
}

/** A repository at the target, of which `.git` goes in the end where it is not to stay. */
async function cloneInto(run: RunGit, { source, mirror, found: { commit, refName }, target, hasModules }: Checkout & { readonly hasModules: boolean }): Promise<void> {
  const local = { GIT_ALLOW_PROTOCOL: 'file' } // this mirror, and nothing else
  await run({ args: ['init', '--quiet', target] })
  await run({ args: ['fetch', '--quiet', '--update-head-ok', '--depth=1', '--no-tags', '--', `file://${mirror.path}`, fetchedRef(commit, refName)], env: local })
  await run({ args: ['checkout', '--quiet', '--detach', commit] })
  await run({ args: ['remote', 'add', 'origin', '--', hasModules ? source.remote : redactUrls(source.remote)] })
  if (hasModules) {
    await updateModules(run)
    await run({ args: ['remote', 'set-url', 'origin', redactUrls(source.remote)] })
  }
  await rm(join(target, '.git/FETCH_HEAD'), { force: true })
  await rm(join(target, '.git/logs'), { recursive: true, force: true })
  if (!source.keepGitFolder) await removeGitFiles(fromText(target))
}

/** Shallow where their servers can do that. */
async function updateModules(run: RunGit): Promise<void> {
  const args = ['submodule', '--quiet', 'update', '--init', '--recursive']
  await run({ args: [...args, '--depth=1'] }).catch(() => run({ args }))
}

/** Under the name that it has at the remote, if it has one. */
function fetchedRef(commit: string, refName: string): string {
  if (refName.startsWith('refs/tags/')) return `+${refName}:${refName}`
  return refName.startsWith('refs/heads/') ? `+${commitRef(commit)}:${refName}` : commitRef(commit)
}

/** `.git`, and the files of that name by which submodules find theirs. */
async function removeGitFiles(folder: ByteString): Promise<void> {
  await rm(bytesOf(joinName(folder, fromText('.git'))), { recursive: true, force: true })
  for (const { path, isFolder } of entriesOf(folder)) {
    if (isFolder) await removeGitFiles(path)
  }
}

function setTimes(folder: ByteString, timeNs: bigint): void {
  for (const { path, isFolder } of entriesOf(folder)) {
    if (isFolder) setTimes(path, timeNs)
    else utimens(bytesOf(path), timeNs, timeNs)
  }
  utimens(bytesOf(folder), timeNs, timeNs) // after what is in it
}

function entriesOf(folder: ByteString): readonly { readonly path: ByteString; readonly isFolder: boolean }[] {
  return readdirSync(bytesOf(folder), { withFileTypes: true, encoding: 'buffer' }).map((entry) => ({ path: joinName(folder, fromBytes(entry.name)), isFolder: entry.isDirectory() }))
}


async function commitTimeNs(run: RunGit, mirror: GitMirror, commit: string): Promise<bigint> {
  return BigInt((await run({ args: ['--git-dir', mirror.path, 'show', '--no-patch', '--format=%ct', commit] })).trim()) * 1_000_000_000n
}
