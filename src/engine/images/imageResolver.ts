import { BlobNotFoundError, putBytes, type ContentStore } from '../../content/contentStore.ts'
import type { ImageResolver, ResolvedImage } from '../../dockerfile/lower.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'
import { BuildError } from '../../ground/errors.ts'
import type { ImageConfig } from '../../ground/oci/imageConfig.ts'
import type { Manifest } from '../../ground/oci/manifest.ts'
import { isIndexType } from '../../ground/oci/mediaType.ts'
import { formatPlatform, isSamePlatform, platformsServing, type Platform } from '../../ground/platform.ts'
import { formatFamiliar, formatReference, parseReference, type Reference } from '../../ground/reference.ts'
import { MAX_CONFIG_BYTES, parseImageConfig } from '../../image/imageConfigJson.ts'
import { readSmallBlob } from '../../image/imageView.ts'
import { parseIndex, parseManifest } from '../../image/manifestJson.ts'
import { choosePlatformManifest, PlatformMissingError, withTrueDigest } from '../../registry/resolve.ts'
import type { Registry } from '../../registry/registry.ts'
import type { ImageStore } from './imageStore.ts'

/** `prefer-local` takes the local store's image where it has the platform; `registry` always asks; `local` never does. */
export type ResolveMode = 'prefer-local' | 'registry' | 'local'

/** What an image is for one platform. Its manifest and config are in the content store; its layers need not be. */
export interface PlatformImage {
  /** With the root's digest. */
  readonly reference: Reference
  readonly root: Descriptor
  readonly manifest: Descriptor
  readonly manifestBody: Manifest
  readonly config: ImageConfig
}

export interface ImageSources {
  readonly content: ContentStore
  readonly images: ImageStore
  readonly registry: Registry
}

/** The port of the frontend over `findPlatformImage`, for one build: each image is looked up once for a platform. `watch` shows a look-up as a step. */
export function createImageResolver(sources: ImageSources, mode: ResolveMode, watch: <T>(name: string, work: () => Promise<T>) => Promise<T>): ImageResolver {
  const found = new Map<string, Promise<ResolvedImage>>()
  const find = async (wanted: Reference, platform: Platform, signal: AbortSignal): Promise<ResolvedImage> => {
    const { reference, manifest, config } = await findPlatformImage(sources, { reference: wanted, platform, mode }, signal)
    return { reference: formatReference(reference), manifest: manifest.digest, config }
  }
  return {
    async resolveImage(text, platform, signal) {
      const wanted = parseReference(text)
      const name = `[${formatPlatform(platform)} internal] load metadata for ${formatReference(wanted)}`
      const known = found.get(name)
      if (known !== undefined) return known
      const looked = watch(name, () => find(wanted, platform, signal))
      found.set(name, looked)
      return looked
    },
  }
}

export interface PlatformImageRequest {
  readonly reference: Reference
  readonly platform: Platform
  readonly mode: ResolveMode
}

/** @throws PlatformMissingError; ImageNotFoundError; LocalImageMissingError */
export async function findPlatformImage(sources: ImageSources, request: PlatformImageRequest, signal: AbortSignal): Promise<PlatformImage> {
  const local = request.mode === 'registry' ? ABSENT : await findLocally(sources, request, signal)
  if (local.kind === 'fits') return local.image
  if (request.mode === 'local') return takeUnfit(local) ?? raise(new LocalImageMissingError(request.reference))
  try {
    return await withTrueDigest(() => fetchPlatformImage(sources, request, signal))
  } catch (error) {
    signal.throwIfAborted()
    // That the local image is for another platform says more than that there is no registry to ask.
    return takeUnfit(local) ?? raise(error)
  }
}

/** What the local store has: the image for the platform, or of that name one that is not. */
type LocalFinding =
  | { readonly kind: 'fits'; readonly image: PlatformImage }
  | { readonly kind: 'unfit'; readonly image: PlatformImage }
  | { readonly kind: 'missing-platform'; readonly error: PlatformMissingError }
  | { readonly kind: 'absent' }

const ABSENT: LocalFinding = { kind: 'absent' }

/** An image of another platform is taken, and refused where its platform counts. @throws PlatformMissingError */
function takeUnfit(local: LocalFinding): PlatformImage | undefined {
  if (local.kind === 'missing-platform') throw local.error
  return local.kind === 'unfit' ? local.image : undefined
}

/** Reads a manifest, index or config, wherever it is. */
type ReadDocument = (descriptor: Descriptor) => Promise<Uint8Array>

async function findLocally({ content, images }: ImageSources, { reference, platform }: PlatformImageRequest, signal: AbortSignal): Promise<LocalFinding> {
  const stored = images.get(reference)
  if (stored === undefined || (reference.digest !== undefined && reference.digest !== stored.root.digest)) return ABSENT
  try {
    const image = await platformImage({ reference, root: stored.root, platform }, (descriptor) => readDocument(content, descriptor, signal))
    const serves = platformsServing(platform).some((serving) => isSamePlatform(serving, image.config.platform))
    return { kind: serves ? 'fits' : 'unfit', image }
  } catch (error) {
    if (error instanceof PlatformMissingError) return { kind: 'missing-platform', error }
    if (error instanceof BlobNotFoundError) return ABSENT // this platform's part was never pulled
    throw error
  }
}

async function fetchPlatformImage({ content, registry }: ImageSources, { reference, platform }: PlatformImageRequest, signal: AbortSignal): Promise<PlatformImage> {
  const root = await registry.resolve(reference, signal)
  const read: ReadDocument = async (descriptor) => {
    if ((await content.sizeBytes(descriptor.digest, signal)) !== undefined) return readDocument(content, descriptor, signal)
    const bytes = await registry.fetchManifest(reference, descriptor, signal)
    await putBytes(bytes, content, signal)
    return bytes
  }
  return platformImage({ reference, root, platform }, read)
}

interface Wanted {
  readonly reference: Reference
  readonly root: Descriptor
  readonly platform: Platform
}

async function platformImage({ reference, root, platform }: Wanted, read: ReadDocument): Promise<PlatformImage> {
  const manifest = isIndexType(root.mediaType) ? choosePlatformManifest(parseIndex(await read(root), root.mediaType).manifests, platform, formatFamiliar(reference)) : root
  const manifestBody = parseManifest(await read(manifest), manifest.mediaType)
  const config = parseImageConfig(await read(manifestBody.config))
  return { reference: { ...reference, digest: root.digest }, root, manifest, manifestBody, config }
}

function readDocument(content: ContentStore, descriptor: Descriptor, signal: AbortSignal): Promise<Uint8Array> {
  return readSmallBlob(content, descriptor, MAX_CONFIG_BYTES, signal)
}

function raise(error: unknown): never {
  throw error
}

export class LocalImageMissingError extends BuildError {
  readonly kind = 'not-found'
  constructor(reference: Reference) {
    super(`no such image in the local store: ${formatFamiliar(reference)}`, { hint: `see pelago image ls for what there is, or bring it: pelago pull ${formatFamiliar(reference)}` })
  }
}
