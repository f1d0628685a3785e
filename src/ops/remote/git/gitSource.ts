import { formatCanonicalJson } from '../../../ground/canonicalJson.ts'
import { digestOf, type Digest } from '../../../ground/digest.ts'
import { redactUrls } from '../../../ground/urlText.ts'
import type { GitSource } from '../../../graph/vertex.ts'
import type { SnapshotStore } from '../../../snapshot/snapshotStore.ts'
import type { Op, OpContext, ResultId } from '../../../solver/op.ts'
import { createPerSession, type PerSession } from '../perSession.ts'
import { withAccess, type AccessDeps } from './gitAccess.ts'
import { checkOut } from './gitCheckout.ts'
import { fetchCommit, openMirror } from './gitMirror.ts'
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
  /** The commit that the session's build has found it to be; undefined where it has not looked. */
  foundCommit(source: GitSource, sessionId: string): Promise<string | undefined>
}

export function createGitSources(deps: GitSourceDeps): GitSources {
  const commits = createPerSession<GitCommit>()
  return {
    create: (source) => createGitSource(source, deps, commits),
    find: (source, context, signal) => findCommit(source, { deps, commits, context }, signal),
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

  async function bring(found: GitCommit, access: GitAccess, { vertex, progress }: OpContext, signal: AbortSignal): Promise<readonly ResultId[]> {
    const onOutput = (bytes: Uint8Array): void => progress({ kind: 'vertex-log', vertex: vertex.digest, at: deps.now(), stream: 'stderr', bytes })
    const tools = { git: deps.git, access, onOutput }
    await using mirror = await openMirror(deps.folder, access, deps.git, signal)
    await fetchCommit(mirror, found, tools, signal)
    await using layer = await deps.snapshots.openMutable(undefined, signal)
    await checkOut({ source, found, mirror, target: layer.path }, tools, signal)
    return [await layer.commit()]
  }
}

/** A commit says all of its files; `.git` tells where it is from, too. */
function keyOf({ folder, keepGitFolder, submodules, mtime, remote }: GitSource, { commit, refName }: GitCommit): Digest {
  const origin = keepGitFolder ? { remote: redactUrls(remote), refName } : undefined
  return digestOf(formatCanonicalJson({ kind: 'git', commit, folder, keepGitFolder, submodules, mtime, origin }))
}
