import { verifiedBytes } from '../../content/verifiedBytes.ts'
import type { ContentStore } from '../../content/contentStore.ts'
import { digestHex, digestOf, type Digest } from '../../ground/digest.ts'
import { formatGoJson } from '../../ground/goJson.ts'
import { DEFAULT_FILE_MODE, type ImageBlobSource } from '../../graph/vertex.ts'
import { fromText } from '../../kit/byteString.ts'
import { parseRepository } from '../../registry/registry.ts'
import type { ContentHasher } from '../../snapshot/contentHash.ts'
import type { SnapshotStore } from '../../snapshot/snapshotStore.ts'
import type { Op, OpContext } from '../../solver/op.ts'
import type { SessionRegistries } from '../layerPresence.ts'
import { createTransferReport } from '../transferReport.ts'
import { openReceivedFile } from './receivedFile.ts'

/** Port: OCI layouts of clients. */
export interface ClientLayouts {
  /** @throws (from `read`) RemoteError where the client does not have the blob */
  clientBlobs(sessionId: string, store: string): { read(digest: Digest, signal: AbortSignal): AsyncIterable<Uint8Array> }
}

/** Port: what the user's policy says of blobs that are asked for without their image. */
export interface LoneBlobs {
  /** @throws BuildError where it may not be fetched by itself */
  check(blob: { readonly place: string; readonly digest: Digest }, sessionId: string): Promise<void>
}

export interface ImageBlobDeps {
  readonly snapshots: Pick<SnapshotStore, 'openMutable'>
  readonly content: Pick<ContentStore, 'sizeBytes' | 'read'>
  readonly registries: SessionRegistries
  readonly layouts: ClientLayouts
  readonly loneBlobs: LoneBlobs
  readonly hasher: Pick<ContentHasher, 'seed'>
  readonly now: () => number
}

/** A blob of an image, verified, as a snapshot that holds it alone: as in BuildKit with the time 0. What the store has is not fetched, but a registry's is refused all the same where the policy does not let it in. */
export function createImageBlobSource(source: ImageBlobSource, deps: ImageBlobDeps): Op {
  return {
    async cacheMap({ sessionId }) {
      if (source.sessionId === undefined) await deps.loneBlobs.check(source, sessionId)
      return { digest: keyOf(source), inputs: [] }
    },
    async execute(_inputs, context, signal) {
      const { snapshots, hasher, now } = deps
      await using layer = await snapshots.openMutable(undefined, signal)
      using file = openReceivedFile(layer.path, source)
      const report = createTransferReport(source.digest, context, now)
      file.begin(source.filename === '' ? digestHex(source.digest) : source.filename)
      report.begin(0)
      for await (const chunk of verifiedBytes(source.digest, readBlob(source, deps, context, signal))) {
        file.write(chunk)
        report.add(chunk.byteLength)
      }
      const { filename, digest } = file.finish(0n)
      report.end()
      const snapshot = await layer.commit()
      hasher.seed(snapshot, [[fromText(filename), digest]])
      return [snapshot]
    },
  }
}

/** As BuildKit makes it: where the blob is from makes no difference. */
function keyOf({ digest, filename, mode, uid, gid }: ImageBlobSource): Digest {
  const fields = { Digest: digest, Filename: filename, Perm: mode === DEFAULT_FILE_MODE ? 0 : mode, UID: uid, GID: gid }
  return digestOf(`buildkit.source.v0:${digestOf(formatGoJson(fields, 'compact'))}`)
}

async function* readBlob({ place, digest, sessionId }: ImageBlobSource, { content, registries, layouts }: ImageBlobDeps, context: OpContext, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  if ((await content.sizeBytes(digest, signal)) !== undefined) yield* content.read(digest, 0, signal)
  else if (sessionId !== undefined) yield* layouts.clientBlobs(sessionId, place).read(digest, signal)
  else yield* registries.registryFor(context.sessionId).readBlob(parseRepository(place), { digest, sizeBytes: undefined }, 0, signal)
}
