import { decompress, PACKED_CHUNKS } from '../archive/compression.ts'
import type { ContentStore } from '../content/contentStore.ts'
import { unverifiedBytes, verifyBlob } from '../content/unverifiedBytes.ts'
import type { Digest } from '../ground/digest.ts'
import { HASHED_CHUNKS } from '../kit/streams/backgroundHasher.ts'
import { buffersInTurn, lendBuffers } from '../kit/streams/chunkBuffers.ts'
import { readAhead } from '../kit/streams/readAhead.ts'
import type { SnapshotId, SnapshotStore } from '../snapshot/snapshotStore.ts'

/** Sees a layer's uncompressed bytes while they are unpacked. */
export type WatchUnpacking = (id: SnapshotId, tar: AsyncIterable<Uint8Array>, signal: AbortSignal) => WatchedLayer

export interface WatchedLayer {
  /** The same bytes; not read where somebody else has unpacked the layer meanwhile. */
  readonly tar: AsyncIterable<Uint8Array>
  /** The layer is here, and was what it should be: only now does what was seen count. */
  readonly keep: () => void
}

export interface UnpackEnds {
  readonly snapshots: Pick<SnapshotStore, 'get' | 'unpack'>
  readonly content: Pick<ContentStore, 'sizeBytes' | 'read' | 'readInto'>
  readonly watchUnpacking: WatchUnpacking
}

/** What is read of a blob, and handed from thread to thread, at once. */
const PIECE_BYTES = 256 * 1024

/**
 * Unpacks a blob that is here into a lazy snapshot, whose parent must be present. One digest is enough: that of what is
 * unpacked where it is known, and the blob's own only where the other is not as it should be.
 * @throws BlobCorruptError, the blob being gone then, so that it is fetched again; LayerInvalidError; CompressedDataInvalidError
 */
export async function unpackBlob(id: SnapshotId, digest: Digest, { snapshots, content, watchUnpacking }: UnpackEnds, signal: AbortSignal): Promise<void> {
  const isChecked = snapshots.get(id)?.diffId !== undefined
  using lent = lendBuffers()
  const packed = isChecked ? unverifiedBytes(digest, content, buffersInTurn(PIECE_BYTES, HASHED_CHUNKS + PACKED_CHUNKS), signal) : content.read(digest, 0, signal)
  const watched = watchUnpacking(id, decompress(packed, signal, { buffers: (sizeBytes) => lent.inTurn(sizeBytes, HASHED_CHUNKS + 1), isChecked }), signal)
  try {
    await snapshots.unpack(id, readAhead(watched.tar), signal)
  } catch (error) {
    signal.throwIfAborted()
    await verifyBlob(digest, content, signal)
    throw error
  }
  watched.keep()
}
