import type { Descriptor } from '../../ground/oci/descriptor.ts'
import { formatReference, formatRepository, type Reference } from '../../ground/reference.ts'
import { pushImage } from '../../registry/push.ts'
import { parseRepository, type Repository, type UploadBlob } from '../../registry/registry.ts'
import type { OnTransfer } from '../../registry/transfer.ts'
import type { ExportedImage } from '../exporter.ts'
import type { EarlyPush } from './earlyPush.ts'
import type { BuiltImage, ExportContext } from './imageBuilder.ts'
import { imageBlobs } from './imageWriter.ts'

/**
 * Puts the image where `targets` say: blobs first (mounted or skipped where the registry has them, base layers that
 * were never here streamed from where they are), then manifests, then the root under each tag, or by digest where the
 * target has none. So a tag never names what is not all there. Gives the image as the first target has it: not all
 * registries take it as it is, which is told in a warning.
 */
export async function pushToTargets(built: BuiltImage, { targets, early }: Targets, context: ExportContext, signal: AbortSignal): Promise<ExportedImage> {
  const pushed: ExportedImage[] = []
  for (const [first, ...others] of Map.groupBy(targets, formatRepository).values()) {
    if (first === undefined) continue
    const names = [first, ...others].map(formatReference).join(', ')
    const otherTags = others.flatMap(({ tag }) => tag ?? [])
    pushed.push(await context.progress.step(`pushing ${names}`, (report) => pushToRepository(built, { reference: first, otherTags, early, report }, context, signal)))
  }
  return pushed[0] ?? built.image
}

interface Targets {
  readonly targets: readonly Reference[]
  readonly early: EarlyPush | undefined
}

interface RepositoryPush {
  readonly reference: Reference
  readonly early: EarlyPush | undefined
  readonly otherTags: readonly string[]
  readonly report: (currentBytes: number, totalBytes: number) => void
}

async function pushToRepository(built: BuiltImage, { reference, otherTags, early, report }: RepositoryPush, { deps, progress }: ExportContext, signal: AbortSignal): Promise<ExportedImage> {
  const blobs = new Map(imageBlobs(built.image, built.packed).map((blob) => [blob.descriptor.digest, blob]))
  const totalBytes = blobs.values().reduce((sum, { descriptor }) => sum + descriptor.sizeBytes, 0)
  const options = {
    reference,
    otherTags,
    limit: deps.uploads,
    mountFrom: ({ digest }: Descriptor) => otherRepository(blobs.get(digest)?.repository, reference),
    openMissing: ({ digest }: Descriptor, inner: AbortSignal) => {
      const blob = blobs.get(digest)
      return blob === undefined ? undefined : deps.blobs.read(blob, inner)
    },
    finishBegun: async (blob: Pick<UploadBlob, 'descriptor' | 'onProgress'>) => early?.finish(reference, blob, signal),
    onProgress: sumProgress((sentBytes) => report(Math.min(sentBytes, totalBytes), totalBytes)),
  }
  const { root, replaced, warnings } = await pushImage({ registry: deps.registry, store: deps.content }, built.image.root, options, signal)
  for (const message of warnings) progress.sink({ kind: 'warning', vertex: undefined, at: Date.now(), message, detail: [], url: undefined, span: undefined })
  const manifests = built.image.manifests.map((manifest) => ({ ...manifest, descriptor: { ...manifest.descriptor, ...identityOf(replaced.get(manifest.descriptor.digest) ?? manifest.descriptor) } }))
  return { ...built.image, root: { ...built.image.root, ...identityOf(root) }, manifests }
}

function identityOf({ mediaType, digest, sizeBytes }: Descriptor): Pick<Descriptor, 'mediaType' | 'digest' | 'sizeBytes'> {
  return { mediaType, digest, sizeBytes }
}

/** Another repository of the target's own host, where a blob can be mounted from. */
export function otherRepository(text: string | undefined, target: Repository): Repository | undefined {
  const source = text === undefined ? undefined : parseRepository(text)
  return source?.host === target.host && source.repository !== target.repository ? source : undefined
}

function sumProgress(report: (currentBytes: number) => void): OnTransfer {
  const sent = new Map<string, number>()
  return ({ id, currentBytes }) => {
    sent.set(id, currentBytes)
    report(sent.values().reduce((sum, bytes) => sum + bytes, 0))
  }
}
