import type { Descriptor } from '../../ground/descriptor.ts'
import type { Digest } from '../../ground/digest.ts'
import { formatReference, type Reference } from '../../ground/reference.ts'
import { MAX_MANIFEST_BYTES } from '../../image/manifestJson.ts'
import { readSmallBlob } from '../../image/imageView.ts'
import { mapLimited } from '../../kit/limit.ts'
import type { LayerBlob } from '../../snapshot/snapshotStore.ts'
import { toRepository } from '../blobSource.ts'
import type { ExporterDeps } from '../exporterDeps.ts'
import { documentsOf, type BuiltImage, type ExportContext } from './imageBuilder.ts'
import { imageBlobs } from './imageWriter.ts'

type PushDeps = Pick<ExporterDeps, 'registry' | 'blobs' | 'content' | 'uploads'>
type PushedBlob = Pick<LayerBlob, 'descriptor' | 'repository'>

/**
 * Puts the image where `targets` say: blobs first (mounted or skipped where the registry has them, base layers that
 * were never here streamed from where they are), then manifests by digest, then the root under each tag, or by digest
 * where the target has none. So a tag never names what is not all there.
 */
export async function pushImage(built: BuiltImage, targets: readonly Reference[], { deps, progress }: ExportContext, signal: AbortSignal): Promise<void> {
  const blobs = imageBlobs(built.image, built.packed)
  const documents = documentsOf(built.image)
  for (const [repository = '', references] of Map.groupBy(targets, ({ host, repository }) => `${host}/${repository}`)) {
    await progress.step(`pushing layers to ${repository}`, async (report) => pushBlobs(blobs, repository, { deps, report }, signal))
    await progress.step(`pushing manifests for ${references.map(formatReference).join(', ')}`, async () => {
      for (const document of documents) await pushDocument(document, toRepositoryReference(repository, document.digest), deps, signal)
      for (const reference of references) if (reference.tag !== undefined) await pushDocument(built.image.root, reference, deps, signal)
    })
  }
}

interface PushContext {
  readonly deps: PushDeps
  readonly report: (currentBytes: number, totalBytes: number) => void
}

async function pushBlobs(blobs: readonly PushedBlob[], target: string, { deps, report }: PushContext, signal: AbortSignal): Promise<void> {
  const totalBytes = blobs.reduce((sum, { descriptor }) => sum + descriptor.sizeBytes, 0)
  const sent = new Map<Digest, number>()
  const note = (digest: Digest, sentBytes: number): void => {
    sent.set(digest, sentBytes)
    report(sent.values().reduce((sum, bytes) => sum + bytes, 0), totalBytes)
  }
  const repository = toRepository(target)
  await mapLimited(
    blobs,
    deps.uploads,
    async (blob, inner) => {
      const { descriptor } = blob
      const source = blob.repository === undefined ? undefined : toRepository(blob.repository)
      const mountFrom = source?.host === repository.host && source.repository !== repository.repository ? source : undefined
      const upload = { descriptor, mountFrom, open: () => deps.blobs.read(blob, inner), onProgress: (sentBytes: number) => note(descriptor.digest, sentBytes) }
      await deps.registry.pushBlob(repository, upload, inner)
      note(descriptor.digest, descriptor.sizeBytes)
    },
    signal,
  )
}

async function pushDocument(document: Descriptor, target: Reference, { registry, content }: PushDeps, signal: AbortSignal): Promise<void> {
  const bytes = await readSmallBlob(content, document, MAX_MANIFEST_BYTES, signal)
  await registry.pushManifest(target, document.mediaType, bytes, signal)
}

function toRepositoryReference(text: string, digest: Digest): Reference {
  return { ...toRepository(text), tag: undefined, digest }
}
