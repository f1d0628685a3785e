import { InvalidValueError } from './errors.ts'
import { decodePart } from './urlText.ts'

/** A place in a git repository, as BuildKit's clients write it: `https://host/repository.git#ref:folder`, `git@host:path?branch=main`. Only `parseGitReference` makes one. */
export interface GitReference {
  /** For git itself: without query and fragment. */
  readonly remote: string
  readonly scheme: 'http' | 'https' | 'ssh' | 'git'
  /** Branch, tag, full name of a ref, or commit; '' is the remote's default branch. */
  readonly ref: string
  /** '' is the whole repository. */
  readonly folder: string
  /** The commit, or its first digits, that the ref has to lead to; '' is any. */
  readonly checksum: string
  /** Undefined where the reference does not say. */
  readonly keepGitFolder: boolean | undefined
  readonly submodules: boolean | undefined
  readonly mtime: 'checkout' | 'commit' | undefined
  /** Asks for the commit of `checksum` by itself: the ref is only a name for it. */
  readonly fetchByCommit: boolean | undefined
  /** `github.com/…`: it may be a path too, so only a build context is written so. */
  readonly looksLikePath: boolean
}

const URL_PARTS = /^(https?|ssh|git):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s
const SCP_PARTS = /^([\w-]+@[a-zA-Z0-9-.]+:.*?)(?:\?(.*?))?(?:#(.*))?$/s

/** Undefined where `text` is no such reference: a path, or a URL of another kind. @throws InvalidValueError where it is one that contradicts itself */
export function parseGitReference(text: string): GitReference | undefined {
  if (text.startsWith('github.com/')) return { ...fromUrl(`https://${text}`), looksLikePath: true }
  if (URL_PARTS.test(text)) return isRepository(text) ? fromUrl(text) : undefined
  const scp = SCP_PARTS.exec(text)
  return scp === null ? undefined : readParts({ remote: scp[1] ?? '', scheme: 'ssh', query: scp[2] ?? '', fragment: scp[3] ?? '' })
}

/** What comes by HTTP may be a file too: only the ending tells. */
function isRepository(url: string): boolean {
  const [, scheme = '', , path = ''] = URL_PARTS.exec(url) ?? []
  return !scheme.startsWith('http') || decodePart(path).endsWith('.git')
}

function fromUrl(url: string): GitReference {
  const [, scheme = '', host = '', path = '', query = '', fragment = ''] = URL_PARTS.exec(url) ?? []
  return readParts({ remote: `${scheme}://${host}${path}`, scheme: scheme as GitReference['scheme'], query, fragment: decodePart(fragment) })
}

/** Whether `ref` names a commit in full. */
export function isCommit(ref: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(ref)
}

interface Parts {
  readonly remote: string
  readonly scheme: GitReference['scheme']
  readonly query: string
  readonly fragment: string
}

function readParts({ remote, scheme, query, fragment }: Parts): GitReference {
  const colon = fragment.indexOf(':')
  const fragmentRef = colon < 0 ? fragment : fragment.slice(0, colon)
  const fragmentFolder = colon < 0 ? '' : fragment.slice(colon + 1)
  const values = readQuery(query)
  const checksum = one('checksum', values.get('checksum') ?? '', values.get('commit') ?? '')
  const ref = readRef(fragmentRef, values)
  return {
    remote,
    scheme,
    ref: ref === '' ? checksum : ref,
    folder: one('subdir', fragmentFolder, values.get('subdir') ?? ''),
    checksum,
    keepGitFolder: readFlag('keep-git-dir', values),
    submodules: readFlag('submodules', values),
    mtime: readMtime(values),
    fetchByCommit: readFlag('fetch-by-commit', values),
    looksLikePath: false,
  }
}

const FLAGS = ['keep-git-dir', 'submodules', 'fetch-by-commit']
const KEYS = ['ref', 'tag', 'branch', 'subdir', 'checksum', 'commit', 'mtime', ...FLAGS]

function readQuery(query: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const [key, value] of new URLSearchParams(query)) {
    if (!KEYS.includes(key)) throw new InvalidValueError(`unexpected query ${JSON.stringify(key)} in a git reference`, { hint: `the keys are ${KEYS.join(', ')}` })
    if (values.has(key)) throw new InvalidValueError(`query ${JSON.stringify(key)} of a git reference has multiple values`)
    if (value === '' && !FLAGS.includes(key)) throw new InvalidValueError(`query ${JSON.stringify(key)} of a git reference has no value`)
    values.set(key, value)
  }
  return values
}

/** Each of the ways to name a ref may be used; all that are have to agree. */
function readRef(fragment: string, values: ReadonlyMap<string, string>): string {
  const tag = withPrefix('refs/tags/', values.get('tag') ?? '')
  const branch = withPrefix('refs/heads/', values.get('branch') ?? '')
  if (tag !== '' && branch !== '') throw new InvalidValueError('branch conflicts with tag in a git reference', { hint: 'name one of the two' })
  return one('ref', one('ref', fragment, values.get('ref') ?? ''), one('ref', tag, branch))
}

function withPrefix(prefix: string, name: string): string {
  return name === '' || name.startsWith(prefix) ? name : prefix + name
}

/** The one of two that is there. @throws InvalidValueError where they differ */
function one(what: string, first: string, second: string): string {
  if (first !== '' && second !== '' && first !== second) {
    throw new InvalidValueError(`${what} conflicts in a git reference: ${JSON.stringify(first)} vs ${JSON.stringify(second)}`, { hint: 'name it once' })
  }
  return first === '' ? second : first
}

function readFlag(key: string, values: ReadonlyMap<string, string>): boolean | undefined {
  const value = values.get(key)
  if (value === undefined) return undefined
  if (['', '1', 't', 'T', 'true', 'True', 'TRUE'].includes(value)) return true
  if (['0', 'f', 'F', 'false', 'False', 'FALSE'].includes(value)) return false
  throw new InvalidValueError(`invalid ${key} value: ${JSON.stringify(value)}`, { hint: 'write true or false' })
}

function readMtime(values: ReadonlyMap<string, string>): GitReference['mtime'] {
  const value = values.get('mtime')
  if (value === undefined || value === 'checkout' || value === 'commit') return value
  throw new InvalidValueError(`invalid mtime value: ${JSON.stringify(value)}`, { hint: 'write checkout or commit' })
}
