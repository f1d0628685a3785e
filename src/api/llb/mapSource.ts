import { parseDigest } from '../../ground/digest.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import type { GitSource, HttpSource } from '../../graph/vertex.ts'
import type { SourceOp as SourceMessage } from '../gen/ops_pb.ts'
import { DefinitionError, type ClientFolder, type ClientImage, type ClientLayout, type ClientSource } from './clientGraph.ts'
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
    case 'local':
      return folderOf(rest, attributes)
    case 'git':
      return gitOf(rest, attributes)
    case 'http':
    case 'https':
      return fileOf(identifier, attributes)
    default: {
      const id = parseResultIdentifier(identifier)
      if (id === undefined) throw new DefinitionError(`unknown source: ${JSON.stringify(identifier)}`, { hint: 'docker-image, oci-layout, local, git, http and https are known' })
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
  const [name = '', digest] = reference.split('@')
  if (digest === undefined) throw new DefinitionError(`oci-layout reference ${JSON.stringify(reference)} has no digest`)
  const store = attributes.text('oci.store') || name.replace(/:[\w.-]+$/, '')
  return { kind: 'layout', reference: `oci-layout://${store}@${digest}`, sessionId: attributes.text('oci.session'), layerLimit: attributes.count('oci.layerlimit') ?? attributes.count('image.layerlimit') }
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

const DEFAULT_MODE = 0o600

function fileOf(url: string, attributes: Attributes): HttpSource {
  const checksum = attributes.text('http.checksum')
  return {
    kind: 'http',
    url,
    checksum: checksum === '' ? undefined : parseDigest(checksum),
    filename: plainName(attributes.text('http.filename')),
    mode: attributes.count('http.perm') ?? DEFAULT_MODE,
    uid: attributes.count('http.uid') ?? 0,
    gid: attributes.count('http.gid') ?? 0,
    authHeaderSecret: attributes.text('http.authheadersecret'),
  }
}

/** It is the name of a file in a folder of its own. */
function plainName(filename: string): string {
  if (filename.includes('/') || filename === '.' || filename === '..') throw new InvalidValueError(`invalid filename of a downloaded file: ${JSON.stringify(filename)}`)
  return filename
}
