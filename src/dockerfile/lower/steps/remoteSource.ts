import { parseDigest } from '../../../ground/digest.ts'
import { InvalidValueError } from '../../../ground/errors.ts'
import { parseGitReference, type GitReference } from '../../../ground/gitReference.ts'
import { fileNameOfUrl, isHttpUrl } from '../../../ground/urlText.ts'
import type { GitSource, HttpSource, Source } from '../../../graph/vertex.ts'
import type { CopyInstruction } from '../../instructions/instruction.ts'

/** What is in reach of the network only: a URL, or a place in a git repository. */
export interface RemoteSource {
  readonly source: Extract<Source, HttpSource | GitSource>
  /** Where the files are in it: the file itself, or the folder. */
  readonly path: string
}

/** Undefined where `text` is a path. @throws InvalidValueError where it is a git reference that contradicts itself */
export function remoteKind(text: string): 'git ref' | 'URL' | undefined {
  const git = parseGitReference(text)
  if (git !== undefined && !git.looksLikePath) return 'git ref'
  return isHttpUrl(text) ? 'URL' : undefined
}

/** The name of a downloaded file where its URL has none. */
const UNNAMED = '__unnamed__'
const DEFAULT_MODE = 0o600

/** One file. `checksum`: its digest; `filename`: what to call it, '' for what the server or the URL calls it. @throws InvalidValueError */
export function httpSource(url: string, { checksum, filename }: { readonly checksum: string; readonly filename: string }): HttpSource {
  return { kind: 'http', url, checksum: checksum === '' ? undefined : parseDigest(checksum), filename, mode: DEFAULT_MODE, uid: 0, gid: 0, authHeaderSecret: '' }
}

/** The file at `url`, called as the URL ends. @throws InvalidValueError where the checksum is no digest */
function addedFile(url: string, checksum: string): RemoteSource {
  const filename = fileNameOfUrl(url) ?? UNNAMED
  return { source: httpSource(url, { checksum, filename }), path: `/${filename}` }
}

/** The secrets by which BuildKit's clients give a token for a repository, if they have one. */
const AUTH_HEADER_SECRET = 'GIT_AUTH_HEADER'
const AUTH_TOKEN_SECRET = 'GIT_AUTH_TOKEN'

/** The files of the commit that `git` leads to. */
export function gitSource(git: GitReference, options: { readonly keepGitFolder: boolean; readonly checksum: string }): GitSource {
  const isWeb = git.scheme === 'http' || git.scheme === 'https'
  return {
    kind: 'git',
    remote: git.remote,
    ref: git.ref,
    folder: git.folder,
    checksum: options.checksum,
    keepGitFolder: options.keepGitFolder,
    submodules: git.submodules ?? true,
    mtime: git.mtime ?? 'checkout',
    fetchByCommit: git.fetchByCommit ?? false,
    authHeaderSecret: isWeb ? AUTH_HEADER_SECRET : '',
    authTokenSecret: isWeb ? AUTH_TOKEN_SECRET : '',
    knownSshHosts: '',
    sshAgent: git.scheme === 'ssh' ? 'default' : '',
  }
}

/** What an ADD of `text`, a git reference or a URL, brings. @throws InvalidValueError where flags and text contradict each other */
export function remoteSource(text: string, { checksum = '', keepGitFolder }: Pick<CopyInstruction, 'checksum' | 'keepGitFolder'>): RemoteSource {
  const git = parseGitReference(text)
  if (git === undefined) return addedFile(text, checksum)
  if (keepGitFolder !== undefined && git.keepGitFolder !== undefined && keepGitFolder !== git.keepGitFolder) throw new InvalidValueError('inconsistent keep-git-dir configuration', { hint: 'leave out --keep-git-dir, or the query' })
  if (checksum !== '' && git.checksum !== '' && checksum !== git.checksum) throw new InvalidValueError(`checksum mismatch ${JSON.stringify(checksum)} != ${JSON.stringify(git.checksum)}`, { hint: 'leave out --checksum, or the query' })
  const source = gitSource(git, { keepGitFolder: git.keepGitFolder ?? keepGitFolder ?? false, checksum: git.checksum === '' ? checksum : git.checksum })
  return { source, path: '/' }
}
