import { verifiedBytes } from '../content/verifiedBytes.ts'
import { digestOf, type Digest } from '../ground/digest.ts'
import { describeBlob, type Descriptor } from '../ground/oci/descriptor.ts'
import type { Manifest } from '../ground/oci/manifest.ts'
import { MEDIA_TYPE } from '../ground/oci/mediaType.ts'
import type { Reference } from '../ground/reference.ts'
import { formatManifest, parseManifest } from '../image/manifestJson.ts'
import type { Registry, Repository } from '../registry/registry.ts'
import { ImageNotFoundError, TagMovedError } from '../registry/registryError.ts'
import { UntrustedError } from './trustError.ts'

/*
 * What cosign attaches to an image: under a tag that is made of its digest stands another image, each of whose layers is
 * one signed thing. To attach is to add a layer, beside those of others.
 */

/** Others may sign at the same time. */
const ATTEMPTS = 5
/** An image has a handful. */
const MAX_LAYERS = 100
/** All layers are held at once: together they have at most so many times what one may have. */
const MAX_TOTAL_SHARES = 2

/** A layer with its bytes. */
export interface AttachedLayer {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
}

type ReadRegistry = Pick<Registry, 'resolve' | 'fetchManifest' | 'readBlob'>

/** The layers of one media type at `reference`; none where there are none. @throws UntrustedError where they are beyond bounds */
export async function fetchAttached(registry: ReadRegistry, reference: Reference, { mediaType, maxBytes }: { readonly mediaType: string; readonly maxBytes: number }, signal: AbortSignal): Promise<readonly AttachedLayer[]> {
  const layers = ((await fetchManifest(registry, reference, signal))?.manifest.layers ?? []).filter((layer) => layer.mediaType === mediaType)
  if (layers.length > MAX_LAYERS) throw new UntrustedError(`${layers.length} signatures stand at ${reference.tag ?? ''}: more than ${MAX_LAYERS} are not looked at`)
  const totalBytes = layers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  if (totalBytes > maxBytes * MAX_TOTAL_SHARES) throw new UntrustedError(`the signatures at ${reference.tag ?? ''} have ${totalBytes} bytes: more than ${maxBytes * MAX_TOTAL_SHARES} are not read`)
  const attached: AttachedLayer[] = []
  for (const descriptor of layers) attached.push({ descriptor, bytes: await fetchSmallBlob(registry, reference, { descriptor, maxBytes }, signal) })
  return attached
}

/** A blob held whole. @throws UntrustedError where it has more than `maxBytes` */
export async function fetchSmallBlob(registry: Pick<Registry, 'readBlob'>, repository: Repository, { descriptor, maxBytes }: { readonly descriptor: Descriptor; readonly maxBytes: number }, signal: AbortSignal): Promise<Uint8Array> {
  if (descriptor.sizeBytes > maxBytes) throw new UntrustedError(`what is signed has ${descriptor.sizeBytes} bytes: more than ${maxBytes} are not read`)
  const chunks: Uint8Array[] = []
  for await (const chunk of verifiedBytes(descriptor.digest, registry.readBlob(repository, descriptor, 0, signal))) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Adds a layer to those at `reference`, unless one that is equal stands there. Gives whether it was added. */
export async function attachLayer(registry: Registry, reference: Reference, layer: AttachedLayer, signal: AbortSignal): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryToAttach(registry, reference, layer, signal)
    } catch (error) {
      if (!(error instanceof TagMovedError) || attempt === ATTEMPTS) throw error
    }
  }
}

async function tryToAttach(registry: Registry, reference: Reference, { descriptor, bytes: content }: AttachedLayer, signal: AbortSignal): Promise<boolean> {
  const found = await fetchManifest(registry, reference, signal)
  const layers = found?.manifest.layers ?? []
  if (layers.some((layer) => isSame(layer, descriptor))) return false
  const all = [...layers, descriptor]
  const configBytes = Buffer.from(JSON.stringify({ architecture: '', os: '', config: {}, rootfs: { type: 'layers', diff_ids: all.map(({ digest }) => digest) } }))
  const config = describeBlob(MEDIA_TYPE.ociConfig, digestOf(configBytes), configBytes.byteLength)
  await pushBytes(registry, reference, { descriptor, bytes: content }, signal)
  await pushBytes(registry, reference, { descriptor: config, bytes: configBytes }, signal)
  const bytes = formatManifest({ mediaType: MEDIA_TYPE.ociManifest, artifactType: undefined, config, layers: all, subject: undefined, annotations: found?.manifest.annotations ?? new Map() })
  if (found === undefined) await registry.pushManifest(reference, MEDIA_TYPE.ociManifest, bytes, signal)
  else await registry.replaceManifest(reference, { mediaType: MEDIA_TYPE.ociManifest, bytes, replaces: found.digest }, signal)
  return true
}

function isSame(one: Descriptor, other: Descriptor): boolean {
  return one.digest === other.digest && one.annotations.get(SIGNATURE_ANNOTATION) === other.annotations.get(SIGNATURE_ANNOTATION)
}

/** cosign's, without which it looks at no layer. */
export const SIGNATURE_ANNOTATION = 'dev.cosignproject.cosign/signature'

async function fetchManifest(registry: Pick<Registry, 'resolve' | 'fetchManifest'>, reference: Reference, signal: AbortSignal): Promise<{ readonly digest: Digest; readonly manifest: Manifest } | undefined> {
  try {
    const descriptor = await registry.resolve(reference, signal)
    return { digest: descriptor.digest, manifest: parseManifest(await registry.fetchManifest(reference, descriptor, signal), descriptor.mediaType) }
  } catch (error) {
    if (error instanceof ImageNotFoundError) return undefined
    throw error
  }
}

async function pushBytes(registry: Registry, repository: Repository, { descriptor, bytes }: AttachedLayer, signal: AbortSignal): Promise<void> {
  const open = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes
  }
  await registry.pushBlob(repository, { descriptor, mountFrom: undefined, open, onProgress: () => undefined }, signal)
}
