import { parseDigest } from '../../ground/digest.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import { formatRepository, parseReference } from '../../ground/reference.ts'
import { DEFAULT_FILE_MODE, type GitSource, type HttpSource } from '../../graph/vertex.ts'
import type { SourceOp as SourceMessage } from '../gen/ops_pb.ts'
import { DefinitionError, type ClientBlob, type ClientFolder, type ClientImage, type ClientLayout, type ClientSource } from './clientGraph.ts'
import { openAttributes, type Attributes } from './sourceAttributes.ts'
import { parseResultIdentifier } from './resultDefinition.ts'

/** @throws DefinitionError where an attribute is not known: what it asks for would not be done */
export function mapSource({ identifier, attrs }: SourceMessage): ClientSource {
  const [, scheme = '', rest = ''] = /^([a-z0-9+-]+):\/\/(.*)$/s.exec(identifier) ?? []
  const attributes = openAttributes(identifier, attrs)
  const source = readSource(scheme, { identifier, rest, attributes })
  attributes.checkAllRead()
  return source
}

interface Written {
  readonly identifier: string
  /** Behind the scheme. */
  readonly rest: string
  readonly attributes: Attributes
}

function readSource(scheme: string, { identifier, rest, attributes }: Written): ClientSource {
  switch (scheme) {
    case 'docker-image':
      return imageOf(rest, attributes)
    case 'oci-layout':
      return layoutOf(rest, attributes)
    case 'docker-image+blob':
      return imageBlobOf(rest, attributes)
    case 'oci-layout+blob':
      return layoutBlobOf(rest, attributes)
    case 'local':
      return folderOf(rest, attributes)
    case 'git':
      return gitOf(rest, attributes)
    case 'http':
    case 'https':
      return fileOf(identifier, attributes)
    default: {
      const id = parseResultIdentifier(identifier)
      if (id === undefined) throw new DefinitionError(`unknown source: ${JSON.stringify(identifier)}`, { hint: 'docker-image, oci-layout, docker-image+blob, oci-layout+blob, local, git, http and https are known' })
      return { kind: 'result', id }
    }
  }
}

/** What an image is pulled for (`image.recordtype`) makes no difference to it. */
function imageOf(reference: string, attributes: Attributes): ClientImage {
  attributes.text('image.recordtype')
  const resolveMode = attributes.choice('image.resolvemode', 'default', ['default', 'pull', 'local'])
  return { kind: 'image', reference: withChecksum(reference, attributes.text('image.checksum')), resolveMode, layerLimit: attributes.count('image.layerlimit') }
}

/** The digest that an image has to have. */
function withChecksum(reference: string, checksum: string): string {
  if (checksum === '') return reference
  const [name, digest] = reference.split('@')
  if (digest !== undefined && digest !== checksum) throw new DefinitionError(`image ${JSON.stringify(reference)} cannot have the checksum ${checksum}`)
  return `${name ?? ''}@${parseDigest(checksum)}`
}

/** The name before the digest is the store's, unless an attribute says another. */
function layoutOf(reference: string, attributes: Attributes): ClientLayout {
  const { store, digest } = readLayout(reference, attributes)
  return { kind: 'layout', reference: `oci-layout://${store}@${digest}`, sessionId: attributes.text('oci.session'), layerLimit: attributes.count('oci.layerlimit') ?? attributes.count('image.layerlimit') }
}

function readLayout(reference: string, attributes: Attributes): { readonly store: string; readonly digest: string } {
  const [name = '', digest] = reference.split('@')
  if (digest === undefined) throw new DefinitionError(`oci-layout reference ${JSON.stringify(reference)} has no digest`)
  return { store: attributes.text('oci.store') || name.replace(/:[\w.-]+$/, ''), digest }
}

function imageBlobOf(reference: string, attributes: Attributes): ClientBlob {
  attributes.text('image.recordtype')
  const named = parseReference(reference)
  if (named.digest === undefined) throw new DefinitionError(`image blob ${JSON.stringify(reference)} has no digest`)
  return { kind: 'image-blob', place: formatRepository(named), sessionId: undefined, digest: named.digest, ...readFile(attributes) }
}

function layoutBlobOf(reference: string, attributes: Attributes): ClientBlob {
  const { store, digest } = readLayout(reference, attributes)
  return { kind: 'image-blob', place: store, sessionId: attributes.text('oci.session'), digest: parseDigest(digest), ...readFile(attributes) }
}

/** Each solve has the folder brought anew, and compared by what its files say of themselves: `local.unique` asks for the former. */
function folderOf(name: string, attributes: Attributes): ClientFolder {
  attributes.text('local.unique')
  const differ = attributes.choice('local.differ', 'metadata', ['metadata', 'none'])
  return {
    kind: 'local',
    name,
    sessionId: attributes.text('local.session'),
    includePatterns: attributes.list('local.includepattern'),
    excludePatterns: attributes.list('local.excludepatterns'),
    followPaths: attributes.list('local.followpaths'),
    sharedKeyHint: attributes.text('local.sharedkeyhint'),
    ...(differ === 'none' && { isCompared: false }),
  }
}

const TRANSPORT = /^(?:https?|git|ssh|file):\/\/|^[\w-]+@[\w.-]+:/

/** `git://` before what git itself takes: what has no transport of its own comes by HTTPS. */
function gitOf(rest: string, attributes: Attributes): GitSource {
  const [address = '', fragment = ''] = rest.split(/#(.*)/s)
  const [ref = '', folder = ''] = fragment.split(/:(.*)/s)
  const remote = attributes.text('git.fullurl') || address
  const sshAgent = attributes.text('git.mountsshsock')
  return {
    kind: 'git',
    remote: TRANSPORT.test(remote) ? remote : `https://${remote}`,
    ref,
    folder: folder.replace(/^[/.]+$/, ''),
    checksum: attributes.text('git.checksum'),
    keepGitFolder: attributes.flag('git.keepgitdir'),
    submodules: !attributes.flag('git.skipsubmodules'),
    mtime: attributes.choice('git.mtime', 'checkout', ['checkout', 'commit']),
    fetchByCommit: attributes.flag('git.fetchbycommit'),
    authHeaderSecret: attributes.text('git.authheadersecret'),
    authTokenSecret: attributes.text('git.authtokensecret'),
    knownSshHosts: attributes.text('git.knownsshhosts'),
    sshAgent,
  }
}

function fileOf(url: string, attributes: Attributes): HttpSource {
  const checksum = attributes.text('http.checksum')
  const headers = readHeaders(attributes)
  return {
    kind: 'http',
    url,
    checksum: checksum === '' ? undefined : parseDigest(checksum),
    ...readFile(attributes),
    authHeaderSecret: attributes.text('http.authheadersecret'),
    ...(headers.size > 0 && { headers: Object.fromEntries(headers) }),
  }
}

/** What may be sent, as in BuildKit: nothing by which a server knows who asks. */
const HEADERS: ReadonlySet<string> = new Set(['accept', 'user-agent'])

/** @throws DefinitionError where one may not be set, or is no header */
function readHeaders(attributes: Attributes): ReadonlyMap<string, string> {
  const headers = new Map([...attributes.prefixed('http.header.')].map(([name, value]) => [name.toLowerCase(), value] as const))
  for (const [name, value] of headers) {
    if (!HEADERS.has(name)) throw new DefinitionError(`the header ${JSON.stringify(name)} of a download cannot be set`, { hint: `one of ${[...HEADERS].join(', ')} can; for what says who asks there is http.authheadersecret` })
    if (!/^[\t\x20-\x7e]*$/.test(value)) throw new DefinitionError(`invalid value of the header ${name}: ${JSON.stringify(value)}`)
  }
  return headers
}

/** How a file is called that is brought, and whose it is. */
function readFile(attributes: Attributes): Pick<HttpSource, 'filename' | 'mode' | 'uid' | 'gid'> {
  return {
    filename: plainName(attributes.text('http.filename')),
    mode: attributes.count('http.perm') ?? DEFAULT_FILE_MODE,
    uid: attributes.count('http.uid') ?? 0,
    gid: attributes.count('http.gid') ?? 0,
  }
}

/** It is the name of a file in a folder of its own. */
function plainName(filename: string): string {
  if (filename.includes('/') || filename === '.' || filename === '..') throw new InvalidValueError(`invalid filename of a downloaded file: ${JSON.stringify(filename)}`)
  return filename
}
