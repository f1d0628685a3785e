import { isCommit } from '../../../ground/gitReference.ts'
import type { GitSource } from '../../../graph/vertex.ts'
import { ChecksumMismatchError, RemoteSourceError } from '../remoteError.ts'
import type { GitAccess, GitProgram } from './gitProgram.ts'

/** What a git source leads to. */
export interface GitCommit {
  readonly commit: string
  /** What the ref names: the commit, or an annotated tag's own object. */
  readonly object: string
  /** `refs/heads/main`; '' where the source names the commit itself. */
  readonly refName: string
}

/** Asks the remote, unless the source names the commit. @throws RemoteSourceError; ChecksumMismatchError */
export async function resolveCommit(source: GitSource, withAccess: <T>(use: (access: GitAccess) => Promise<T>) => Promise<T>, git: GitProgram, signal: AbortSignal): Promise<GitCommit> {
  const named = namedCommit(source)
  const found = named === undefined ? await withAccess((access) => askRemote(source, { git, access }, signal)) : { commit: named, object: named, refName: '' }
  if (!found.commit.startsWith(source.checksum.toLowerCase())) {
    throw new ChecksumMismatchError(source.remote, { expected: source.checksum, actual: found.commit }, `checksum mismatch of ${source.ref === '' ? 'the default branch' : source.ref}`)
  }
  return found
}

function namedCommit({ ref, checksum, fetchByCommit }: GitSource): string | undefined {
  if (isCommit(ref)) return ref
  return fetchByCommit && isCommit(checksum) ? checksum : undefined
}

interface Remote {
  readonly git: GitProgram
  readonly access: GitAccess
}

async function askRemote({ remote, ref }: GitSource, { git, access }: Remote, signal: AbortSignal): Promise<GitCommit> {
  const patterns = ref === '' ? ['HEAD'] : [ref, `${ref}^{}`]
  const output = await git.run({ access, cwd: '/', args: ['ls-remote', ...(ref === '' ? ['--symref'] : []), '--', remote, ...patterns] }, signal)
  const found = ref === '' ? findHead(output) : findRef(output, ref)
  if (found !== undefined) return found
  const what = ref === '' ? 'the repository has no default branch' : `the repository does not contain ref ${ref}`
  throw new RemoteSourceError(remote, what, { kind: 'not-found', hint: ref === '' ? 'name a branch or tag: #branch' : 'check the branch or tag; a commit has to be written with all its digits' })
}

/** Of `git ls-remote --symref <remote> HEAD`. */
export function findHead(output: string): GitCommit | undefined {
  const refName = /^ref: (\S+)\tHEAD$/m.exec(output)?.[1] ?? ''
  const commit = /^([0-9a-f]{40,64})\tHEAD$/m.exec(output)?.[1]
  return commit === undefined ? undefined : { commit, object: commit, refName }
}

/** Of `git ls-remote <remote> <ref> <ref>^{}`, which also lists what merely ends so. A branch comes before a tag; of an annotated tag, the commit. */
export function findRef(output: string, ref: string): GitCommit | undefined {
  const refs = new Map([...output.matchAll(/^([0-9a-f]{40,64})\t(\S+)$/gm)].map(([, id = '', name = '']) => [name, id]))
  const names = ref.startsWith('refs/') ? [ref] : [ref, `refs/${ref}`, `refs/heads/${ref}`, `refs/tags/${ref}`]
  const refName = names.find((name) => refs.has(name))
  const object = refName === undefined ? undefined : refs.get(refName)
  return object === undefined || refName === undefined ? undefined : { commit: refs.get(`${refName}^{}`) ?? object, object, refName }
}
