import type { ImageBlobSource, Vertex } from '../../graph/vertex.ts'
import { digestHex, type Digest } from '../../ground/digest.ts'
import { formatPackageUrl, imagePackageUrl } from '../../ground/packageUrl.ts'
import { formatPlatform, type Platform } from '../../ground/platform.ts'
import { parseReference } from '../../ground/reference.ts'
import { redactUrls } from '../../ground/urlText.ts'
import { LAYOUT_HOST } from '../images/layoutImages.ts'

/** Something that a build stands on: in-toto's ResourceDescriptor. */
export interface Material {
  readonly uri: string
  /** By algorithm, in hex. */
  readonly digest: Readonly<Record<string, string>>
}

/** What a platform's result was made of, each once. */
export interface BuildSources {
  /** Those that are known for certain, by URI. */
  readonly materials: readonly Material[]
  /** Whether there is all that it was made of: not so where folders of the client are, or remote sources of which it was not found what they were. */
  readonly isComplete: boolean
  /** Folders of the client, by name. */
  readonly locals: readonly string[]
  readonly secrets: readonly ClientSecret[]
  readonly agents: readonly ClientSecret[]
  /** Whether a step could reach the network. */
  readonly usesNetwork: boolean
}

export interface ClientSecret {
  readonly id: string
  /** Whether the build would do without it. */
  readonly isOptional: boolean
}

/** What remote sources were, as their fetch has found them, by vertex. Commits are hex alone. */
export type RemotePins = ReadonlyMap<Digest, Digest | string>

/** Pure: by what the vertices say, and `pins`. */
export function findBuildSources(vertices: readonly Vertex[], pins: RemotePins): BuildSources {
  const materials = vertices.flatMap((vertex) => materialOf(vertex, pins) ?? [])
  const sources = vertices.filter(({ op }) => op.kind === 'source')
  const execs = vertices.flatMap(({ op }) => (op.kind === 'exec' ? [op] : []))
  const mounts = execs.flatMap((op) => op.mounts)
  const secretMounts = mounts.flatMap((mount) => (mount.kind === 'secret' ? [{ id: mount.secretId, isOptional: mount.isOptional }] : []))
  const gitSecrets = sources.flatMap(({ op }) => (op.kind === 'source' && op.source.kind === 'git' ? [op.source.authTokenSecret, op.source.authHeaderSecret] : [])).filter((id) => id !== '')
  const secretVariables = execs.flatMap((op) => (op.secretEnv ?? []).map(({ secretId, isOptional }) => ({ id: secretId, isOptional })))
  return {
    materials: onceBy(materials, ({ uri }) => uri),
    isComplete: materials.length === sources.length,
    locals: [...new Set(vertices.flatMap(({ op }) => (op.kind === 'source' && op.source.kind === 'local' ? [op.source.name] : [])))].sort(),
    secrets: mergeSecrets([...secretMounts, ...secretVariables, ...gitSecrets.map((id) => ({ id, isOptional: true }))]),
    agents: mergeSecrets(mounts.flatMap((mount) => (mount.kind === 'ssh' ? [{ id: mount.agentId === '' ? 'default' : mount.agentId, isOptional: mount.isOptional }] : []))),
    usesNetwork: execs.some(({ network }) => network !== 'none'),
  }
}

function materialOf(vertex: Vertex, pins: RemotePins): Material | undefined {
  if (vertex.op.kind !== 'source') return undefined
  const { source } = vertex.op
  switch (source.kind) {
    case 'local':
      return undefined
    case 'image': {
      const { digest, ...named } = parseReference(source.reference)
      const found = digest ?? source.manifest
      const uri = named.host === LAYOUT_HOST ? layoutPackageUrl(found, vertex.platform) : imagePackageUrl({ ...named, digest: named.tag === undefined ? digest : undefined }, vertex.platform)
      return { uri, digest: { sha256: digestHex(found) } }
    }
    case 'image-blob':
      return { uri: blobPackageUrl(source), digest: { sha256: digestHex(source.digest) } }
    case 'git':
      return pinned(`${redactUrls(source.remote)}${source.ref === '' ? '' : `#${source.ref}`}`, pins.get(vertex.digest))
    case 'http':
      return pinned(redactUrls(source.url), pins.get(vertex.digest))
  }
}

/** BuildKit's name for it. */
function blobPackageUrl({ place, sessionId, digest }: ImageBlobSource): string {
  const parts = place.split('/')
  const isLayout = sessionId !== undefined
  return formatPackageUrl({ type: isLayout ? 'oci' : 'docker', namespace: isLayout ? '' : parts.slice(0, -1).join('/'), name: isLayout ? place : (parts.at(-1) ?? ''), version: '', qualifiers: new Map([['digest', digest], ['ref_type', 'blob']]) })
}

/** A layout of the client's has a digest, and no name that others know. */
function layoutPackageUrl(digest: Digest, platform: Platform | undefined): string {
  return formatPackageUrl({ type: 'oci', namespace: '', name: 'image', version: digest, qualifiers: new Map([['platform', platform === undefined ? '' : formatPlatform(platform)]]) })
}

function pinned(uri: string, pin: string | undefined): Material | undefined {
  if (pin === undefined) return undefined
  const [, algorithm = pin.length === 64 ? 'sha256' : 'sha1', hex = ''] = /^(?:(\w+):)?(.*)$/.exec(pin) ?? []
  return { uri, digest: { [algorithm]: hex } }
}

function onceBy<T>(items: readonly T[], keyOf: (item: T) => string): readonly T[] {
  return [...new Map(items.toReversed().map((item) => [keyOf(item), item])).values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}

/** One that a single step cannot do without is needed. */
function mergeSecrets(secrets: readonly ClientSecret[]): readonly ClientSecret[] {
  const byId = Map.groupBy(secrets, ({ id }) => id)
  return [...byId].map(([id, uses]) => ({ id, isOptional: uses.every(({ isOptional }) => isOptional) })).sort((a, b) => (a.id < b.id ? -1 : 1))
}
