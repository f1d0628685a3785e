import { mkdirSync, statSync, utimesSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestHex, digestOf } from '../../../ground/digest.ts'
import { redactUrls } from '../../../ground/urlText.ts'
import { acquireLock } from '../../../kit/files/fileLock.ts'
import { GitFailedError, type GitAccess, type GitCall, type GitProgram } from './gitProgram.ts'
import type { GitCommit } from './gitRefs.ts'

/** A bare repository of the store with what was fetched of a remote. Nobody else uses it meanwhile; disposing gives it back. */
export interface GitMirror extends AsyncDisposable {
  readonly path: string
}

/** Opens the mirror of `remote`, or makes it. One that a killed process left half made is made anew. */
export async function openMirror(folder: string, access: GitAccess, git: GitProgram, signal: AbortSignal): Promise<GitMirror> {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${digestHex(digestOf(access.remote))}.git`)
  await using undo = new AsyncDisposableStack()
  undo.use(await acquireLock(`${path}.lock`, 'exclusive', signal))
  const note = join(path, MIRROR_NOTE)
  if (statSync(note, { throwIfNoEntry: false }) === undefined) {
    await rm(path, { recursive: true, force: true })
    await git.run({ access, cwd: '/', args: ['init', '--quiet', '--bare', path] }, signal)
    await writeFile(note, redactUrls(access.remote))
  }
  utimesSync(note, new Date(), new Date()) // its last use
  const held = undo.move()
  return { path, [Symbol.asyncDispose]: () => held.disposeAsync() }
}

/** A file that says of which remote a mirror is; there once the repository is complete. */
export const MIRROR_NOTE = 'pelago-remote'

export interface FetchTools {
  readonly git: GitProgram
  readonly access: GitAccess
  readonly onOutput: (bytes: Uint8Array) => void
}

/** Brings a commit into the mirror, with as little else as the server knows how to send. Does nothing where it is there. @throws GitFailedError */
export async function fetchCommit({ path }: GitMirror, { commit, object, refName }: GitCommit, { git, access, onOutput }: FetchTools, signal: AbortSignal): Promise<void> {
  const call = (args: readonly string[]): GitCall => ({ access, cwd: path, args: ['--git-dir', path, ...args] })
  const run: Run = (args) => git.run({ ...call(args), onOutput }, signal)
  const ask: Run = (args) => git.run(call(args), signal) // a "no" is nothing to tell
  const isTag = refName.startsWith('refs/tags/')
  if ((await has(ask, `${commit}^{commit}`)) && (!isTag || (await has(ask, refName)))) return keep(run, commit)
  await rm(join(path, 'shallow.lock'), { force: true }) // of a killed process: nobody else is at work here
  for (const args of waysToFetch(access.remote, { commit, object, refName })) {
    if (await tryFetch(run, args)) {
      if (await has(ask, `${commit}^{commit}`)) return keep(run, commit)
    }
  }
  const isShallow = statSync(join(path, 'shallow'), { throwIfNoEntry: false }) !== undefined
  await run(['fetch', '--force', ...(isShallow ? ['--unshallow'] : []), '--no-tags', '--', access.remote, '+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*'])
  await run(['cat-file', '-e', `${commit}^{commit}`])
  await keep(run, commit)
}

type Run = (args: readonly string[]) => Promise<string>

/** The ref, as long as it leads to the commit; else the commit by itself, which not every server gives. */
function waysToFetch(remote: string, { commit, refName }: GitCommit): readonly (readonly string[])[] {
  const shallow = ['fetch', '--force', '--depth=1', '--no-tags', '--', remote]
  const byCommit = [...shallow, commit]
  if (refName === '') return [byCommit]
  return [[...shallow, refName.startsWith('refs/tags/') ? `${refName}:${refName}` : refName], byCommit]
}

/** False where another way may do. @throws GitFailedError */
async function tryFetch(run: Run, args: readonly string[]): Promise<boolean> {
  try {
    await run(args)
    return true
  } catch (error) {
    if (error instanceof GitFailedError && /shallow|--depth|not our ref|unadvertised|couldn't find remote ref|Server does not allow/i.test(error.output)) return false
    throw error
  }
}

/** A ref of ours, so that nothing takes it away. */
async function keep(run: Run, commit: string): Promise<void> {
  await run(['update-ref', commitRef(commit), commit])
}

/** The ref of a mirror that leads to a fetched commit. */
export function commitRef(commit: string): string {
  return `refs/pelago/${commit}`
}

async function has(run: Run, name: string): Promise<boolean> {
  try {
    await run(['cat-file', '-e', name])
    return true
  } catch (error) {
    if (error instanceof GitFailedError) return false
    throw error
  }
}
