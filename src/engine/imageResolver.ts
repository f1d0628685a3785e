import { BlobNotFoundError, putBytes, type ContentStore } from '../content/contentStore.ts'
import type { ImageResolver, ResolvedImage } from '../dockerfile/lower.ts'
import type { Descriptor } from '../ground/descriptor.ts'
import { BuildError } from '../ground/errors.ts'
import type { ImageConfig } from '../ground/imageConfig.ts'
import type { Manifest } from '../ground/manifest.ts'
import { isIndexType } from '../ground/mediaType.ts'
import { formatPlatform, type Platform } from '../ground/platform.ts'
import { formatFamiliar, formatReference, parseReference, type Reference } from '../ground/reference.ts'
import { MAX_CONFIG_BYTES, parseImageConfig } from '../image/imageConfigJson.ts'
import { readSmallBlob } from '../image/imageView.ts'
import { parseIndex, parseManifest } from '../image/manifestJson.ts'
import { choosePlatformManifest, PlatformMissingError } from '../registry/resolve.ts'
import type { Registry } from '../registry/registry.ts'
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

/** The port of the frontend over `findPlatformImage`; `watch` shows each look-up as a step. */
export function createImageResolver(sources: ImageSources, mode: ResolveMode, watch: <T>(name: string, work: () => Promise<T>) => Promise<T>): ImageResolver {
  return {
    async resolveImage(text, platform, signal): Promise<ResolvedImage> {
      const wanted = parseReference(text)
      const name = `[${formatPlatform(platform)} internal] load metadata for ${formatReference(wanted)}`
      const { reference, manifest, config } = await watch(name, () => findPlatformImage(sources, { reference: wanted, platform, mode }, signal))
      return { reference: formatReference(reference), manifest: manifest.digest, config }
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
  const local = request.mode === 'registry' ? undefined : await findLocally(sources, request, signal)
  if (local !== undefined) return local
  if (request.mode === 'local') throw new LocalImageMissingError(request.reference)
  return fetchPlatformImage(sources, request, signal)
}

/** Reads a manifest, index or config, wherever it is. */
type ReadDocument = (descriptor: Descriptor) => Promise<Uint8Array>

async function findLocally({ content, images }: ImageSources, { reference, platform, mode }: PlatformImageRequest, signal: AbortSignal): Promise<PlatformImage | undefined> {
  const stored = images.get(reference)
  if (stored === undefined || (reference.digest !== undefined && reference.digest !== stored.root.digest)) return undefined
  try {
    return await platformImage({ reference, root: stored.root, platform }, (descriptor) => readDocument(content, descriptor, signal))
  } catch (error) {
    // what the local copy lacks, the registry may have
    if (mode === 'prefer-local' && (error instanceof PlatformMissingError || error instanceof BlobNotFoundError)) return undefined
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

export class LocalImageMissingError extends BuildError {
  readonly kind = 'not-found'
  constructor(reference: Reference) {
    super(`no such image in the local store: ${formatFamiliar(reference)}`, { hint: `pull it: pelago pull ${formatFamiliar(reference)}` })
  }
}
