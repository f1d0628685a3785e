import { formatCanonicalJson } from '../../../ground/canonicalJson.ts'
import { digestOf, type Digest } from '../../../ground/digest.ts'
import { redactUrls } from '../../../ground/urlText.ts'
import type { GitSource } from '../../../graph/vertex.ts'
import type { SnapshotStore } from '../../../snapshot/snapshotStore.ts'
import type { Op, OpContext, ResultId } from '../../../solver/op.ts'
import { createPerSession, type PerSession } from '../perSession.ts'
import { withAccess, type AccessDeps } from './gitAccess.ts'
import { checkOut } from './gitCheckout.ts'
import { fetchCommit, openMirror, type FetchTools, type GitMirror } from './gitMirror.ts'
import type { GitAccess, GitProgram } from './gitProgram.ts'
import { resolveCommit, type GitCommit } from './gitRefs.ts'

export interface GitSourceDeps extends AccessDeps {
  readonly snapshots: SnapshotStore
  readonly git: GitProgram
  readonly now: () => number
}

/** Git repositories as builds see them: all steps of one build see the same commit of a branch. */
export interface GitSources {
  create(source: GitSource): Op
  /** What it leads to, for the session of `context`; looked up once. */
  find(source: GitSource, context: OpContext, signal: AbortSignal): Promise<GitCommit>
  /** The objects themselves, which are fetched where they are not here. */
  readObjects(source: GitSource, context: OpContext, signal: AbortSignal): Promise<GitObjects>
  /** The commit that the session's build has found it to be; undefined where it has not looked. */
  foundCommit(source: GitSource, sessionId: string): Promise<string | undefined>
}

/** As git stores them, without their headers: what signatures are of. */
export interface GitObjects {
  readonly commit: Uint8Array
  /** Of an annotated tag, where the source names one. */
  readonly tag: Uint8Array | undefined
}

export function createGitSources(deps: GitSourceDeps): GitSources {
  const commits = createPerSession<GitCommit>()
  return {
    create: (source) => createGitSource(source, deps, commits),
    find: (source, context, signal) => findCommit(source, { deps, commits, context }, signal),
    async readObjects(source, context, signal) {
      const found = await findCommit(source, { deps, commits, context }, signal)
      return await withAccess(source, { deps, context }, (access) => readObjects(found, { deps, access, context }, signal), signal)
    },
    foundCommit: async (source, sessionId) => (await commits.known({ sessionId, key: refKey(source) }))?.commit,
  }
}

/** Of all that decides which commit it is. */
function refKey({ remote, ref, checksum, fetchByCommit }: GitSource): string {
  return formatCanonicalJson({ remote, ref, checksum, fetchByCommit })
}

interface Finding {
  readonly deps: GitSourceDeps
  readonly commits: PerSession<GitCommit>
  readonly context: OpContext
}

function findCommit(source: GitSource, { deps, commits, context }: Finding, signal: AbortSignal): Promise<GitCommit> {
  return commits.once({ sessionId: context.sessionId, key: refKey(source) }, () => resolveCommit(source, (use) => withAccess(source, { deps, context }, use, signal), deps.git, signal), signal)
}

interface Reaching {
  readonly deps: GitSourceDeps
  readonly access: GitAccess
  readonly context: OpContext
}

/** The commit is in the mirror until it is disposed. */
async function openFetched(found: GitCommit, { deps, access, context }: Reaching, signal: AbortSignal): Promise<GitMirror> {
  await using undo = new AsyncDisposableStack()
  const mirror = undo.use(await openMirror(deps.folder, access, deps.git, signal))
  await fetchCommit(mirror, found, toolsOf({ deps, access, context }), signal)
  undo.move()
  return mirror
}

function toolsOf({ deps, access, context: { vertex, progress } }: Reaching): FetchTools {
  return { git: deps.git, access, onOutput: (bytes) => progress({ kind: 'vertex-log', vertex: vertex.digest, at: deps.now(), stream: 'stderr', bytes }) }
}

async function readObjects(found: GitCommit, reaching: Reaching, signal: AbortSignal): Promise<GitObjects> {
  await using mirror = await openFetched(found, reaching, signal)
  const { deps: { git }, access } = reaching
  const read = (kind: string, id: string): Promise<Uint8Array> => git.read({ access, cwd: mirror.path, args: ['--git-dir', mirror.path, 'cat-file', kind, id] }, signal)
  return { commit: await read('commit', found.commit), tag: found.object === found.commit ? undefined : await read('tag', found.object) }
}

/** The files of a commit as a snapshot. Only the fetch, and the look at the ref before, reach the network. */
function createGitSource(source: GitSource, deps: GitSourceDeps, commits: PerSession<GitCommit>): Op {
  return {
    async cacheMap(context, signal) {
      return { digest: keyOf(source, await findCommit(source, { deps, commits, context }, signal)), inputs: [] }
    },
    async execute(_inputs, context, signal) {
      const found = await findCommit(source, { deps, commits, context }, signal)
      return await withAccess(source, { deps, context }, (access) => bring(found, access, context, signal), signal)
    },
  }

  async function bring(found: GitCommit, access: GitAccess, context: OpContext, signal: AbortSignal): Promise<readonly ResultId[]> {
    const reaching = { deps, access, context }
    await using mirror = await openFetched(found, reaching, signal)
    await using layer = await deps.snapshots.openMutable(undefined, signal)
    await checkOut({ source, found, mirror, target: layer.path }, toolsOf(reaching), signal)
    return [await layer.commit()]
  }
}

/** A commit says all of its files; `.git` tells where it is from, too. */
function keyOf({ folder, keepGitFolder, submodules, mtime, remote }: GitSource, { commit, refName }: GitCommit): Digest {
  const origin = keepGitFolder ? { remote: redactUrls(remote), refName } : undefined
  return digestOf(formatCanonicalJson({ kind: 'git', commit, folder, keepGitFolder, submodules, mtime, origin }))
}
