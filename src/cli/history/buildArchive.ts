import { compress } from '../../archive/compression.ts'
import { writeTar } from '../../archive/tarWriter.ts'
import type { BuildHistoryRecord, Descriptor as DescriptorMessage } from '../../api/gen/control_pb.ts'
import type { BlobReader } from '../../content/contentStore.ts'
import { digestOf, parseDigest } from '../../ground/digest.ts'
import { describeBlob, type Descriptor } from '../../ground/oci/descriptor.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { formatIndex, formatManifest } from '../../image/manifestJson.ts'
import { layoutEntries, type LayoutBlob } from '../../image/ociLayout.ts'
import type { PastBuild } from './pastBuild.ts'

const RECORD_TYPE = 'application/vnd.buildkit.historyrecord.v0'
const REFERENCE_ANNOTATION = 'vnd.buildkit.history.reference'
const PLAIN = { artifactType: undefined, subject: undefined, annotations: new Map<string, string>() }

/** A build, and where its log is. */
export interface ArchivedBuild extends Pick<PastBuild, 'message' | 'ref'> {
  readonly blobs: BlobReader
}

/**
 * Builds as a `.dockerbuild` file, as buildx's `history export` makes it: a gzipped OCI layout with a manifest a build,
 * whose config is the record as JSON and whose layer its log; of several builds an index of these.
 */
export function formatBuildArchive(builds: readonly ArchivedBuild[], signal: AbortSignal): AsyncIterable<Uint8Array> {
  const kept: LayoutBlob[] = []
  const put = (mediaType: string, bytes: Uint8Array): Descriptor => {
    const descriptor = describeBlob(mediaType, digestOf(bytes), bytes.byteLength)
    kept.push({ descriptor, open: () => once(bytes) })
    return descriptor
  }
  const manifests = builds.map(({ message, ref, blobs }) => {
    const config = put(RECORD_TYPE, Buffer.from(JSON.stringify(recordJson(message), undefined, 2)))
    const layers = message.logs === undefined ? [] : [readDescriptor(message.logs)]
    for (const layer of layers) kept.push({ descriptor: layer, open: () => blobs.read(layer.digest, 0, signal) })
    const manifest = put(MEDIA_TYPE.ociManifest, formatManifest({ ...PLAIN, mediaType: MEDIA_TYPE.ociManifest, config, layers }))
    return builds.length === 1 ? manifest : { ...manifest, annotations: new Map([[REFERENCE_ANNOTATION, ref]]) }
  })
  const index = { ...PLAIN, mediaType: MEDIA_TYPE.ociIndex, manifests }
  const named = builds.length === 1 ? index : { ...index, manifests: [put(MEDIA_TYPE.ociIndex, formatIndex(index))] }
  const distinct = [...new Map(kept.map((blob) => [blob.descriptor.digest, blob])).values()]
  return copied(compress(writeTar(layoutEntries({ index: named, blobs: distinct, files: new Map() })), 'gzip', { level: undefined }))
}

/** Chunks that stay what they are: streams take some in before they write the first. */
async function* copied(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield Buffer.from(chunk)
}

function readDescriptor({ mediaType, digest, size }: DescriptorMessage): Descriptor {
  return describeBlob(mediaType, parseDigest(digest), Number(size))
}

/** With the names and the shapes of Go's JSON, which is what reads such files. */
function recordJson(record: BuildHistoryRecord): Record<string, unknown> {
  const { Ref, Frontend, FrontendAttrs, Exporters, error, CreatedAt, CompletedAt, logs, ExporterResponse, Generation, pinned, numCachedSteps, numTotalSteps, numCompletedSteps, numWarnings } = record
  const time = (at: typeof CreatedAt): unknown => (at === undefined ? undefined : { seconds: Number(at.seconds), nanos: at.nanos })
  return {
    ...{ Ref, Frontend, FrontendAttrs, Exporters: Exporters.map(({ Type, Attrs }) => ({ Type, Attrs })) },
    error: error === undefined ? undefined : { code: error.code, message: error.message },
    CreatedAt: time(CreatedAt),
    CompletedAt: time(CompletedAt),
    logs: logs === undefined ? undefined : { media_type: logs.mediaType, digest: logs.digest, size: Number(logs.size) },
    ...{ ExporterResponse, Generation, pinned, numCachedSteps, numTotalSteps, numCompletedSteps, numWarnings },
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
