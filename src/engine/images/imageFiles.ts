import type { ContentStore } from '../../content/contentStore.ts'
import { describeBlob, type Descriptor } from '../../ground/oci/descriptor.ts'
import type { Digest } from '../../ground/digest.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import type { Reference } from '../../ground/reference.ts'
import { MAX_CONFIG_BYTES } from '../../image/imageConfigJson.ts'
import { readImageConfig, readManifest, readSmallBlob } from '../../image/imageView.ts'
import { BlobNotFoundError } from '../../content/contentStore.ts'
import type { ImageSourceFiles } from '../../ops/imageSource.ts'
import type { ImageDocument } from '../engine.ts'
import { listImage, type ListedImage } from './imageList.ts'
import { LocalImageMissingError } from './imageResolver.ts'
import type { ImageStore } from './imageStore.ts'
import { reachableBlobs } from './reachableBlobs.ts'

/** Manifests and configs by the manifest's digest, as the content store has them. */
export function createImageFiles(content: ContentStore): ImageSourceFiles {
  return {
    async readImage(digest, signal) {
      const sizeBytes = await content.sizeBytes(digest, signal)
      if (sizeBytes === undefined) throw new BlobNotFoundError(digest)
      const manifest = await readManifest(content, describeBlob(MEDIA_TYPE.ociManifest, digest, sizeBytes), signal)
      return { manifest, config: await readImageConfig(content, manifest.config, signal) }
    },
  }
}

export interface NamedContent {
  readonly content: ContentStore
  readonly images: ImageStore
}

/** As `Engine.listImages`. */
export async function listImages({ content, images }: NamedContent, only: Reference | undefined, signal: AbortSignal): Promise<readonly ListedImage[]> {
  const found = only === undefined ? images.list() : [images.get(only) ?? raiseMissing(only)]
  const listed: ListedImage[] = []
  for (const image of found) listed.push(await listImage(content, image, signal))
  return listed
}

/** As `Engine.readImage`. Only what the name leads to is read, so that a name is needed to see a document. */
export async function readImageDocument({ content, images }: NamedContent, reference: Reference, digest: Digest | undefined, signal: AbortSignal): Promise<ImageDocument> {
  const { root } = images.get(reference) ?? raiseMissing(reference)
  const descriptor = digest === undefined ? root : await findDocument(content, root, digest, signal)
  return { mediaType: descriptor.mediaType, digest: descriptor.digest, bytes: await readSmallBlob(content, descriptor, MAX_CONFIG_BYTES, signal) }
}

async function findDocument(content: ContentStore, root: Descriptor, digest: Digest, signal: AbortSignal): Promise<Descriptor> {
  const found = (await reachableBlobs(content, root, signal)).present.find((descriptor) => descriptor.digest === digest)
  if (found === undefined) throw new BlobNotFoundError(digest)
  return found
}

function raiseMissing(reference: Reference): never {
  throw new LocalImageMissingError(reference)
}
