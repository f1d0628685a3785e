import { BuildError } from '../../ground/errors.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'
import type { Index } from '../../ground/oci/manifest.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { formatPlatform, isSamePlatform, type Platform } from '../../ground/platform.ts'
import { isImage } from '../../registry/resolve.ts'
import type { BuildPart } from '../part/buildPart.ts'
import { compareSources } from '../part/compareSources.ts'
import { neutralize } from '../render/displayText.ts'

/** A part as it was read. */
export interface NamedPart {
  /** The file, as the user wrote it. */
  readonly name: string
  readonly part: BuildPart
}

/** A manifest that goes into the merged index, and a part that has it. */
export interface MergedEntry {
  readonly descriptor: Descriptor
  readonly from: NamedPart
}

/** An index as it is to be published. */
export interface MergedImage {
  readonly root: Descriptor
  readonly bytes: Uint8Array
  readonly entries: readonly MergedEntry[]
}

/**
 * All manifests of the parts, each once: images by platform, then the attestations that belong to them. The order of
 * the parts makes no difference.
 * @throws PlatformConflictError where two parts give a platform differently
 */
export function mergeEntries(parts: readonly NamedPart[]): readonly MergedEntry[] {
  const all = parts.flatMap((from) => from.part.index.manifests.map((descriptor) => ({ descriptor, from })))
  const images = new Map<string, MergedEntry>()
  for (const entry of all.filter(({ descriptor }) => isImage(descriptor))) {
    const key = platformKey(entry.descriptor)
    const earlier = images.get(key)
    if (earlier !== undefined && earlier.descriptor.digest !== entry.descriptor.digest) throw new PlatformConflictError(earlier, entry)
    if (earlier === undefined) images.set(key, entry)
  }
  const others = new Map(all.filter(({ descriptor }) => !isImage(descriptor)).map((entry) => [entry.descriptor.digest, entry]))
  return [...sortedBy(images.values(), ({ descriptor }) => platformKey(descriptor)), ...sortedBy(others.values(), ({ descriptor }) => `${descriptor.annotations.get('vnd.docker.reference.digest') ?? ''} ${descriptor.digest}`)]
}

/** Without a platform, each is one of its own. */
function platformKey({ platform, digest }: Descriptor): string {
  return platform === undefined ? digest : `${formatPlatform(platform)} ${platform.osVersion}`
}

function sortedBy(entries: Iterable<MergedEntry>, key: (entry: MergedEntry) => string): readonly MergedEntry[] {
  return [...entries].sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

export interface IndexParts {
  readonly entries: readonly MergedEntry[]
  readonly parts: readonly NamedPart[]
  /** Over those of the parts. */
  readonly annotations: ReadonlyMap<string, string>
}

/** The index to be published: Docker's kind of list where all parts are of that kind and nothing needs OCI's. @throws AnnotationConflictError */
export function mergeIndex({ entries, parts, annotations }: IndexParts): Index {
  const merged = mergeAnnotations(parts, annotations)
  const isDocker = merged.size === 0 && parts.every(({ part }) => part.index.mediaType === MEDIA_TYPE.dockerIndex)
  return { mediaType: isDocker ? MEDIA_TYPE.dockerIndex : MEDIA_TYPE.ociIndex, artifactType: undefined, manifests: entries.map(({ descriptor }) => descriptor), subject: undefined, annotations: merged }
}

function mergeAnnotations(parts: readonly NamedPart[], over: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const merged = new Map<string, { readonly value: string; readonly name: string }>()
  for (const { name, part } of parts) {
    for (const [key, value] of part.index.annotations) {
      const earlier = merged.get(key)
      if (earlier !== undefined && earlier.value !== value && !over.has(key)) throw new AnnotationConflictError(key, [{ ...earlier }, { value, name }])
      if (earlier === undefined) merged.set(key, { value, name })
    }
  }
  return new Map([...[...merged].map(([key, { value }]) => [key, value] as const), ...over])
}

/** In what the sources of the parts differ, one line each, every part compared with the first. */
export function describeSourceDifferences([first, ...others]: readonly NamedPart[]): readonly string[] {
  if (first === undefined) return []
  return others.flatMap(({ name, part }) => compareSources(first.part.source, part.source).map(({ what, values: [a, b] }) => neutralize(`${what}: ${a} in ${first.name}, ${b} in ${name}`)))
}

export function platformsOf(descriptors: readonly Descriptor[]): readonly Platform[] {
  return descriptors.filter(isImage).flatMap(({ platform }) => platform ?? [])
}

/** Those of `wanted` that `present` has not. */
export function missingPlatforms(wanted: readonly Platform[], present: readonly Platform[]): readonly Platform[] {
  return wanted.filter((platform) => !present.some((other) => isSamePlatform(other, platform)))
}

/** Two parts have different images for one platform. */
export class PlatformConflictError extends BuildError {
  readonly kind = 'conflict'
  constructor(a: MergedEntry, b: MergedEntry) {
    const platform = a.descriptor.platform === undefined ? 'an image' : formatPlatform(a.descriptor.platform)
    super(`two parts give ${platform} differently: ${a.descriptor.digest} in ${a.from.name}, ${b.descriptor.digest} in ${b.from.name}`, { hint: 'leave out one of the two' })
  }
}

export class AnnotationConflictError extends BuildError {
  readonly kind = 'conflict'
  constructor(key: string, [a, b]: readonly [{ readonly value: string; readonly name: string }, { readonly value: string; readonly name: string }]) {
    super(`two parts give the index annotation ${JSON.stringify(key)} differently: ${JSON.stringify(a.value)} in ${a.name}, ${JSON.stringify(b.value)} in ${b.name}`, { hint: `say which it is to be: --annotation index:${key}=VALUE` })
  }
}

export class SourcesDifferError extends BuildError {
  readonly kind = 'conflict'
  constructor(differences: readonly string[]) {
    super(`the parts were not built from the same source:\n${differences.map((line) => `  ${line}`).join('\n')}`, { hint: 'build all of them from one commit, or merge them all the same with --allow-different-sources' })
  }
}

export class PlatformsMissingError extends BuildError {
  readonly kind = 'conflict'
}
