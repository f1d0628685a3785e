import type { BlobReader } from '../content/contentStore.ts'
import type { Descriptor } from '../ground/oci/descriptor.ts'
import type { ImageConfig } from '../ground/oci/imageConfig.ts'
import type { Index, Manifest } from '../ground/oci/manifest.ts'
import { isIndexType } from '../ground/oci/mediaType.ts'
import type { Platform } from '../ground/platform.ts'
import { MAX_CONFIG_BYTES, parseImageConfig } from './imageConfigJson.ts'
import { ImageInvalidError } from './imageError.ts'
import { MAX_MANIFEST_BYTES, parseIndex, parseManifest } from './manifestJson.ts'

/** What there is of one image for one platform; each part is read when it is asked for. */
export interface ImageView {
  /** Of the manifest; its platform is the index's word, undefined where the image is in none. */
  readonly descriptor: Descriptor
  manifest(signal: AbortSignal): Promise<Manifest>
  config(signal: AbortSignal): Promise<ImageConfig>
}

/** The image behind the descriptor of a manifest. */
export function viewImage(store: Pick<BlobReader, 'read'>, descriptor: Descriptor): ImageView {
  const manifest = (signal: AbortSignal): Promise<Manifest> => readManifest(store, descriptor, signal)
  return { descriptor, manifest, config: async (signal) => readImageConfig(store, (await manifest(signal)).config, signal) }
}

/**
 * The images under `root`, an index or one manifest, in the index's order; attestations and other artifacts are left out.
 * @throws ImageInvalidError; BlobNotFoundError
 */
export async function viewImages(store: Pick<BlobReader, 'read'>, root: Descriptor, signal: AbortSignal): Promise<readonly ImageView[]> {
  if (!isIndexType(root.mediaType)) return [viewImage(store, root)]
  const { manifests } = await readIndex(store, root, signal)
  return manifests.filter(({ platform }) => isRealPlatform(platform)).map((descriptor) => viewImage(store, descriptor))
}

/** `unknown/unknown` marks what is no image: BuildKit's attestations. */
export function isRealPlatform(platform: Platform | undefined): boolean {
  return platform?.os !== 'unknown' && platform?.architecture !== 'unknown'
}

/** @throws ImageInvalidError; BlobNotFoundError */
export async function readIndex(store: Pick<BlobReader, 'read'>, descriptor: Descriptor, signal: AbortSignal): Promise<Index> {
  return parseIndex(await readSmallBlob(store, descriptor, MAX_MANIFEST_BYTES, signal), descriptor.mediaType)
}

/** @throws ImageInvalidError; BlobNotFoundError */
export async function readManifest(store: Pick<BlobReader, 'read'>, descriptor: Descriptor, signal: AbortSignal): Promise<Manifest> {
  return parseManifest(await readSmallBlob(store, descriptor, MAX_MANIFEST_BYTES, signal), descriptor.mediaType)
}

/** @throws ImageInvalidError; BlobNotFoundError */
export async function readImageConfig(store: Pick<BlobReader, 'read'>, descriptor: Descriptor, signal: AbortSignal): Promise<ImageConfig> {
  return parseImageConfig(await readSmallBlob(store, descriptor, MAX_CONFIG_BYTES, signal))
}

/** A blob held whole. @throws ImageInvalidError where it is longer than `maxBytes` or than it is said to be; BlobNotFoundError */
export async function readSmallBlob(store: Pick<BlobReader, 'read'>, { digest, sizeBytes }: Descriptor, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  if (sizeBytes > maxBytes) throw new ImageInvalidError(`blob ${digest} has ${sizeBytes} bytes, more than ${maxBytes}`)
  return gather(store.read(digest, 0, signal), sizeBytes, digest)
}

/** @throws ImageInvalidError unless it is `sizeBytes` long */
export async function gather(chunks: AsyncIterable<Uint8Array>, sizeBytes: number, what: string): Promise<Uint8Array> {
  const gathered: Uint8Array[] = []
  let total = 0
  for await (const chunk of chunks) {
    total += chunk.byteLength
    if (total > sizeBytes) break
    gathered.push(Uint8Array.from(chunk))
  }
  if (total !== sizeBytes) throw new ImageInvalidError(`${what} is not ${sizeBytes} bytes long`)
  return Buffer.concat(gathered, total)
}
