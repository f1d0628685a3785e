import { BlobCorruptError, putBytes, type ContentStore } from '../content/contentStore.ts'
import type { Descriptor } from '../ground/oci/descriptor.ts'
import type { Digest } from '../ground/digest.ts'
import { isIndexType } from '../ground/oci/mediaType.ts'
import type { Platform } from '../ground/platform.ts'
import { formatFamiliar, type Reference } from '../ground/reference.ts'
import { parseIndex, parseManifest } from '../image/manifestJson.ts'
import { createLimit, mapLimited, type Limit } from '../kit/limit.ts'
import { createSingleFlight } from '../kit/singleFlight.ts'
import { buffersInTurn } from '../kit/streams/chunkBuffers.ts'
import { inPieces } from '../kit/streams/inPieces.ts'
import { readAhead } from '../kit/streams/readAhead.ts'
import type { Repository } from './registry.ts'
import { choosePlatformManifest, withTrueDigest } from './resolve.ts'
import { readDocument, type OnTransfer, type TransferEnds } from './transfer.ts'

/** Brings images into the store, verified. What is there is not fetched, equal fetches at once are one, and an interrupted blob is gone on with. */
export interface Puller {
  /** @throws PlatformMissingError; RegistryError; BlobCorruptError */
  pullImage(reference: Reference, options: PullOptions, signal: AbortSignal): Promise<PulledImage>
  /** A manifest, index or config: in the store, and its bytes. */
  pullDocument(reference: Reference, descriptor: Descriptor, signal: AbortSignal): Promise<Uint8Array>
  /** A layer. Callers that share one fetch see its progress only where they began it, but each is told the end. */
  pullBlob(repository: Repository, descriptor: Descriptor, onProgress: OnTransfer, signal: AbortSignal): Promise<void>
}

export interface PullOptions {
  /** One manifest is taken for each; `all` takes whatever the index has, attestations too. */
  readonly platforms: readonly Platform[] | 'all'
  readonly withLayers: boolean
  readonly onProgress: OnTransfer
}

/** What came of a pull: root, manifests and configs are in the store, and the layers where they were asked for. */
export interface PulledImage {
  readonly root: Descriptor
  /** In the order of the platforms asked for, or of the index; each once. */
  readonly manifests: readonly Descriptor[]
}

export interface PullEnds extends TransferEnds {
  readonly store: ContentStore
}

export interface PullerOptions extends PullEnds {
  /** Blobs in flight, of all pulls together. */
  readonly limit: Limit
}

export function createPuller({ registry, store, limit }: PullerOptions): Puller {
  const ends: PullEnds = { registry, store }
  const blobFlights = createSingleFlight<Digest, undefined>()

  const pullDocument: Puller['pullDocument'] = async (reference, descriptor, signal) => {
    if ((await store.sizeBytes(descriptor.digest, signal)) !== undefined) return await readDocument(store, descriptor, signal)
    const bytes = await registry.fetchManifest(reference, descriptor, signal)
    await putBytes(bytes, store, signal)
    return bytes
  }

  const pullBlob: Puller['pullBlob'] = async (repository, descriptor, onProgress, signal) => {
    await blobFlights.run(descriptor.digest, (inner) => limit.run(() => fetchBlob(ends, repository, { descriptor, onProgress }, inner), inner), signal)
    const { digest, sizeBytes } = descriptor
    onProgress({ id: digest, action: '', currentBytes: sizeBytes, totalBytes: sizeBytes, state: 'done' })
  }

  return {
    pullDocument,
    pullBlob,
    async pullImage(reference, { platforms, withLayers, onProgress }, signal) {
      const { root, bytes } = await withTrueDigest(async () => {
        const resolved = await registry.resolve(reference, signal)
        return { root: resolved, bytes: await pullDocument(reference, resolved, signal) }
      })
      const manifests = chooseManifests(bytes, { root, platforms, reference })
      const layers = new Map<Digest, Descriptor>()
      for (const manifest of manifests) {
        const body = parseManifest(await pullDocument(reference, manifest, signal), manifest.mediaType)
        await pullDocument(reference, body.config, signal)
        for (const layer of body.layers) layers.set(layer.digest, layer)
      }
      if (withLayers) await mapLimited([...layers.values()], createLimit(limit.max), (layer, inner) => pullBlob(reference, layer, onProgress, inner), signal)
      return { root, manifests }
    },
  }
}

interface Choice {
  readonly root: Descriptor
  readonly platforms: readonly Platform[] | 'all'
  readonly reference: Reference
}

function chooseManifests(rootBytes: Uint8Array, { root, platforms, reference }: Choice): readonly Descriptor[] {
  if (!isIndexType(root.mediaType)) return [root]
  const { manifests } = parseIndex(rootBytes, root.mediaType)
  if (platforms === 'all') return manifests
  return [...new Set(platforms.map((platform) => choosePlatformManifest(manifests, platform, formatFamiliar(reference))))]
}

/** What comes over a connection comes in less, which takes longer to be handed to the threads that write and hash it than to be copied. */
const PIECE_BYTES = 256 * 1024

export interface BlobFetch {
  readonly descriptor: Descriptor
  readonly onProgress: OnTransfer
}

/** Brings one blob into the store, verified; goes on with an earlier part of it. Does nothing where it is there. @throws RegistryError; BlobCorruptError */
export async function fetchBlob(ends: PullEnds, repository: Repository, fetch: BlobFetch, signal: AbortSignal): Promise<undefined> {
  if ((await ends.store.sizeBytes(fetch.descriptor.digest, signal)) !== undefined) return
  const outcome = await ingestBlob(ends, repository, fetch, signal)
  if (outcome === 'resumed-corrupt') await ingestBlob(ends, repository, fetch, signal) // now from nothing
}

/** Where an earlier part turns out to be wrong it is gone afterwards, and the blob worth another try. @throws BlobCorruptError where all came anew */
async function ingestBlob({ registry, store }: PullEnds, repository: Repository, { descriptor, onProgress }: BlobFetch, signal: AbortSignal): Promise<'done' | 'resumed-corrupt'> {
  const { digest, sizeBytes } = descriptor
  await using ingest = await store.openIngest({ resumeKey: digest }, signal)
  let currentBytes = ingest.offset
  for await (const piece of readAhead(inPieces(registry.readBlob(repository, descriptor, ingest.offset, signal), buffersInTurn(PIECE_BYTES, 3)))) {
    await ingest.write(piece)
    currentBytes += piece.byteLength
    onProgress({ id: digest, action: '', currentBytes, totalBytes: sizeBytes, state: 'running' })
  }
  try {
    await ingest.commit(digest)
    return 'done'
  } catch (error) {
    if (error instanceof BlobCorruptError && ingest.offset > 0) return 'resumed-corrupt'
    throw error
  }
}
