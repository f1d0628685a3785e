import { compress, decompress, levelOf } from '../archive/compression.ts'
import { BlobCorruptError, type ContentStore } from '../content/contentStore.ts'
import type { PackedBlocks } from '../content/packedBlocks.ts'
import { describeBlob, type Descriptor } from '../ground/oci/descriptor.ts'
import { compressionOf, layerMediaType, type Compression } from '../ground/oci/mediaType.ts'
import { createBackgroundHasher, HASHED_CHUNKS } from '../kit/streams/backgroundHasher.ts'
import { createLimit, mapLimited, type Limit } from '../kit/limit.ts'
import { lendBuffers, type MakeBuffers } from '../kit/streams/chunkBuffers.ts'
import { inPieces } from '../kit/streams/inPieces.ts'
import { readAhead } from '../kit/streams/readAhead.ts'
import { createSingleFlight } from '../kit/singleFlight.ts'
import type { LayerBlob, Snapshot, SnapshotId, SnapshotStore } from '../snapshot/snapshotStore.ts'
import type { BlobSource } from './blobSource.ts'

export interface PackOptions {
  readonly compression: Compression
  /** As `archive/compression.ts` has it. */
  readonly level: number | undefined
  /** Whether layers of a base image that are packed otherwise are packed again. */
  readonly isForced: boolean
  /** Later times in layers made here become it; undefined keeps all. */
  readonly clampTimeSeconds: number | undefined
  /** Is told of each blob that is begun for this call: what others ask for at the same time is made once. */
  readonly follow?: FollowBlob | undefined
}

/** `open` reads a blob's bytes while they are made, as `Ingest.follow` has it. What is returned is called once the blob is there, and not where it fails. */
export type FollowBlob = (open: (signal: AbortSignal) => AsyncIterable<Uint8Array>) => (blob: Descriptor) => void

/** Makes blobs of snapshots. Layers that are blobs already stay what they are where that is what is wanted. */
export interface LayerPacker {
  /**
   * The layers of `id` (undefined: none), lowest first; those packed here are in the content store. Equal layers, of
   * several platforms or exporters, are packed once. `report` is told the bytes packed in all, before compression.
   */
  pack(id: SnapshotId | undefined, options: PackOptions, report: (packedBytes: number) => void, signal: AbortSignal): Promise<readonly LayerBlob[]>
}

export interface LayerPackerDeps {
  readonly snapshots: SnapshotStore
  readonly content: ContentStore
  readonly blobs: BlobSource
  /** What of a layer was compressed before is not compressed again. */
  readonly packedBlocks: PackedBlocks
  /** How many layers are packed at once: one alone keeps all cores busy with gzip. */
  readonly packing: Limit
  /** Sees a layer's uncompressed bytes on their way into the blob, and passes them on as they are; each chunk is good until the next is asked for. */
  readonly watchLayer: (snapshot: Snapshot, tar: AsyncIterable<Uint8Array>, signal: AbortSignal) => AsyncIterable<Uint8Array>
}

export function createLayerPacker({ snapshots, content, blobs, packedBlocks, packing, watchLayer }: LayerPackerDeps): LayerPacker {
  const packings = createSingleFlight<string, LayerBlob>()

  async function packLayer(snapshot: Snapshot, options: PackOptions, report: (bytes: number) => void, signal: AbortSignal): Promise<LayerBlob> {
    const known = await findReachable(snapshots.blobs(snapshot.id), signal)
    const fitting = known.find((blob) => fits(blob, options))
    if (fitting !== undefined) return fitting
    const key = [snapshot.origin ?? snapshot.id, options.compression, options.level, options.clampTimeSeconds].join(' ')
    return packings.run(key, (shared) => packing.run(() => packNew({ snapshot, known, options, report }, shared), shared), signal)
  }

  async function findReachable(candidates: readonly LayerBlob[], signal: AbortSignal): Promise<readonly LayerBlob[]> {
    const reachable: LayerBlob[] = []
    for (const blob of candidates) if (await blobs.isReachable(blob, signal)) reachable.push(blob)
    return reachable
  }

  async function packNew({ snapshot, known, options, report }: Packing, signal: AbortSignal): Promise<LayerBlob> {
    using lent = lendBuffers()
    const hasher = createBackgroundHasher()
    const source = known.find(({ repository }) => options.clampTimeSeconds === undefined || repository !== undefined)
    const files = source === undefined ? readFiles(snapshot, { options, buffers: (sizeBytes) => lent.inTurn(sizeBytes, HASHED_CHUNKS + 1) }, signal) : decompress(blobs.read(source, signal), signal)
    const tar = countBytes(hasher.pass(watchLayer(snapshot, files, signal)), report)
    await using ingest = await content.openIngest({ resumeKey: undefined }, signal)
    const tellFollower = options.follow?.(ingest.follow())
    const kept = packedBlocks.open(signal)
    const packed = compress(tar, options.compression, { level: options.level, kept })
    for await (const piece of readAhead(inPieces(packed, lent.inTurn(PIECE_BYTES, 3)))) await ingest.write(piece)
    const diffId = hasher.result().digest
    if (source !== undefined && source.diffId !== diffId) throw new BlobCorruptError(source.diffId, diffId)
    const { digest, sizeBytes } = await ingest.commit(undefined)
    const descriptor = describeBlob(layerMediaType(options.compression, 'oci'), digest, sizeBytes)
    tellFollower?.(descriptor)
    const level = levelOf(options.compression, options.level)
    const blob: LayerBlob = { descriptor, diffId, repository: undefined, ...(level !== undefined && { level }) }
    // a layer with other times is not the snapshot's own
    if (options.clampTimeSeconds === undefined) snapshots.recordBlob(snapshot.id, blob)
    await kept.keep(digest)
    return blob
  }

  function readFiles({ id }: Snapshot, { options, buffers }: Reading, signal: AbortSignal): AsyncIterable<Uint8Array> {
    return readAhead(snapshots.readLayer(id, { clampTimeSeconds: options.clampTimeSeconds, buffers }, signal))
  }

  return {
    async pack(id, options, report, signal) {
      if (id === undefined) return []
      let packedBytes = 0
      const add = (bytes: number): void => report((packedBytes += bytes))
      const chain = snapshots.chain(id)
      // all wait at once; `packing` bounds those that work
      return mapLimited(chain, createLimit(chain.length), (snapshot, inner) => packLayer(snapshot, options, add, inner), signal)
    },
  }
}

/** Blocks are smaller, and to hand each to the threads that write and hash it takes longer than to copy it. */
const PIECE_BYTES = 1024 * 1024

interface Reading {
  readonly options: PackOptions
  readonly buffers: MakeBuffers
}

interface Packing {
  readonly snapshot: Snapshot
  /** Blobs of it that can be read: the files of a base image may never have been here. */
  readonly known: readonly LayerBlob[]
  readonly options: PackOptions
  readonly report: (bytes: number) => void
}

/** A base image's own blob is kept as it is unless another is forced; what was made here must be packed as asked for. */
function fits({ descriptor, repository, level }: LayerBlob, { compression, level: asked, isForced, clampTimeSeconds }: PackOptions): boolean {
  const isFromBase = repository !== undefined
  if (isFromBase && !isForced) return true
  const isOfLevel = level === undefined ? asked === undefined || compression === 'uncompressed' : level === levelOf(compression, asked)
  return compressionOf(descriptor.mediaType) === compression && isOfLevel && (isFromBase || clampTimeSeconds === undefined)
}

async function* countBytes(chunks: AsyncIterable<Uint8Array>, report: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    report(chunk.byteLength)
    yield chunk
  }
}
