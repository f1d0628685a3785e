import { putBytes, type ContentStore } from '../../content/contentStore.ts'
import type { ImageResolver, ResolvedImage } from '../../dockerfile/lower.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'
import { parseDigest, type Digest } from '../../ground/digest.ts'
import { BuildError, InvalidValueError } from '../../ground/errors.ts'
import { isIndexType } from '../../ground/oci/mediaType.ts'
import { formatPlatform, type Platform } from '../../ground/platform.ts'
import { parseImageConfig } from '../../image/imageConfigJson.ts'
import { mediaTypeOf, parseIndex, parseManifest, MAX_MANIFEST_BYTES } from '../../image/manifestJson.ts'
import { choosePlatformManifest } from '../../registry/resolve.ts'

/** The blobs of an OCI layout of the client. */
export interface ClientBlobs {
  /** @throws RemoteError where the client does not have it */
  read(digest: Digest, signal: AbortSignal): AsyncIterable<Uint8Array>
}

export interface LayoutImageSources {
  readonly content: ContentStore
  /** By the name of the store. */
  readonly blobsOf: (store: string) => ClientBlobs
  readonly watch: <T>(name: string, work: () => Promise<T>) => Promise<T>
}

/** `resolver`, and for `oci-layout://store:tag@digest` the client's own layouts: their images are brought whole. */
export function withLayoutImages(resolver: ImageResolver, { content, blobsOf, watch }: LayoutImageSources): ImageResolver {
  const found = new Map<string, Promise<ResolvedImage>>()
  return {
    async resolveImage(text, platform, signal) {
      if (!text.startsWith(LAYOUT_SCHEME)) return await resolver.resolveImage(text, platform, signal)
      const name = `[${formatPlatform(platform)} internal] load image of ${text}`
      const known = found.get(name) ?? watch(name, async () => bringImage(await findLayoutImage(text, platform, { content, blobsOf }, signal), content, signal))
      found.set(name, known)
      return await known
    },
  }
}

/** Of names that images of layouts have in the graph: a host that nobody can have, for all that is needed is here. */
export const LAYOUT_HOST = 'oci-layout.invalid'

interface LayoutReference {
  readonly store: string
  readonly tag: string
  readonly digest: Digest
}

/** An image of a layout, whose layers need not be here. */
export interface LayoutImage {
  readonly tag: string
  /** Of what the reference names. */
  readonly digest: Digest
  /** The platform's own. */
  readonly manifest: Digest
  readonly layers: readonly Descriptor[]
  readonly configBytes: Uint8Array
  readonly blobs: ClientBlobs
}

/** Its documents are brought. @throws InvalidValueError where the reference has no digest; PlatformMissingError */
export async function findLayoutImage(text: string, platform: Platform, { content, blobsOf }: Pick<LayoutImageSources, 'content' | 'blobsOf'>, signal: AbortSignal): Promise<LayoutImage> {
  const { store, tag, digest } = parseLayoutReference(text)
  const bringing = { blobs: blobsOf(store), content }
  const root = await bringDocument(digest, bringing, signal)
  const mediaType = rootTypeOf(root, digest)
  const chosen = isIndexType(mediaType) ? choosePlatformManifest(parseIndex(root, mediaType).manifests, platform, `the OCI layout's image ${tag}`) : undefined
  const manifest = parseManifest(chosen === undefined ? root : await bringDocument(chosen.digest, bringing, signal), chosen?.mediaType ?? mediaType)
  return { tag, digest, manifest: chosen?.digest ?? digest, layers: manifest.layers, configBytes: await bringDocument(manifest.config.digest, bringing, signal), blobs: bringing.blobs }
}

export const LAYOUT_SCHEME = 'oci-layout://'

/** The scheme may be left out. @throws InvalidValueError where it has no digest */
function parseLayoutReference(text: string): LayoutReference {
  const [, store, tag = 'latest', digest] = /^(?:oci-layout:\/\/)?([\w./-]+?)(?::([\w.-]+))?@(.+)$/.exec(text) ?? []
  if (store === undefined || digest === undefined) throw new InvalidValueError(`oci-layout reference ${JSON.stringify(text)} has no digest`)
  return { store, tag, digest: parseDigest(digest) }
}

interface BringingImage {
  readonly blobs: ClientBlobs
  readonly content: ContentStore
}

async function bringImage({ tag, digest, manifest, layers, configBytes, blobs }: LayoutImage, content: ContentStore, signal: AbortSignal): Promise<ResolvedImage> {
  const config = parseImageConfig(configBytes)
  for (const layer of layers) await bringBlob(layer, { blobs, content }, signal)
  return { reference: `${LAYOUT_HOST}/image:${tag}@${digest}`, manifest, config }
}

/** Small, and held whole. */
async function bringDocument(digest: Digest, { blobs, content }: BringingImage, signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of blobs.read(digest, signal)) {
    sizeBytes += chunk.byteLength
    if (sizeBytes > MAX_MANIFEST_BYTES) throw new LayoutInvalidError(`${digest} of the OCI layout has more than ${MAX_MANIFEST_BYTES} bytes`)
    chunks.push(Uint8Array.from(chunk))
  }
  const bytes = Buffer.concat(chunks)
  if ((await putBytes(bytes, content, signal)) !== digest) throw new LayoutInvalidError(`${digest} of the OCI layout has other bytes than its name says`)
  return bytes
}

async function bringBlob({ digest }: Descriptor, { blobs, content }: BringingImage, signal: AbortSignal): Promise<void> {
  if ((await content.sizeBytes(digest, signal)) !== undefined) return
  await using ingest = await content.openIngest({ resumeKey: undefined }, signal)
  for await (const chunk of blobs.read(digest, signal)) await ingest.write(chunk)
  await ingest.commit(digest)
}

function rootTypeOf(bytes: Uint8Array, digest: Digest): string {
  try {
    return mediaTypeOf(bytes, 'manifest')
  } catch (error) {
    throw new LayoutInvalidError(`${digest} of the OCI layout is no manifest`, { cause: error })
  }
}

/** A layout of the client is not what it should be. */
class LayoutInvalidError extends BuildError {
  readonly kind = 'corrupt'
}
