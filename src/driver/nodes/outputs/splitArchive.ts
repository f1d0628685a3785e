import { join } from 'node:path'
import type { TarEntry } from '../../../archive/tar.ts'
import type { ContentStore } from '../../../content/contentStore.ts'
import { openFileStore } from '../../../content/fileStore.ts'
import { formatReference, parseReference } from '../../../ground/reference.ts'
import { readImageArchive } from '../../../image/imageArchive.ts'
import type { NamedImage } from '../../../image/ociLayout.ts'
import { layoutEntries, layoutIndex, type LayoutBlob } from '../../../image/ociLayout.ts'
import type { OutputRequest } from '../../driver.ts'
import { mergeIndexes, type MergedIndex } from './mergedIndex.ts'
import type { BuildPart, MergeParts, SplitOutput } from './splitOutput.ts'

export interface SplitArchiveOptions extends Pick<MergeParts, 'now'> {
  /** A folder for what comes of the parts. */
  readonly folder: string
  /** Takes the archive of all platforms. */
  readonly put: (entries: Iterable<TarEntry>, signal: AbortSignal) => Promise<void>
}

/** An OCI archive of all platforms: the blobs of each part are kept as they come, and the index is made over them. */
export function createSplitArchive(output: OutputRequest, { folder, now, put }: SplitArchiveOptions): SplitOutput {
  const images = new Map<BuildPart, readonly NamedImage[]>()
  const references = (output.attributes.get('name') ?? '').split(',').filter((name) => name !== '').map((name) => parseReference(name))
  const attributes = new Map([...output.attributes].filter(([key]) => key !== 'name' && key !== 'tar'))
  const openStore = async (signal: AbortSignal): Promise<ContentStore> => await openFileStore({ folder: join(folder, 'content'), now }, signal)
  return {
    requestFor: (part) => ({
      type: 'oci',
      attributes,
      destination: {
        kind: 'taker',
        take: async (bytes, signal) => void images.set(part, await readImageArchive(bytes, await openStore(signal), signal)),
      },
    }),
    async merge(build, signal) {
      const store = await openStore(signal)
      const roots = build.parts.flatMap(({ part }) => images.get(part) ?? []).map(({ root }) => ({ root, blobs: store }))
      const merged = await mergeIndexes(roots, build, signal)
      await put(layoutEntries({ index: layoutIndex([{ root: merged.root, names: references }]), blobs: blobsOf(merged, store, signal), files: new Map() }), signal)
      return { root: merged.root, platforms: merged.platforms, names: references.map(formatReference).join(',') }
    },
  }
}

function blobsOf({ root, bytes, manifests }: MergedIndex, store: ContentStore, signal: AbortSignal): readonly LayoutBlob[] {
  const stored = manifests.flatMap(({ descriptor, manifest }) => [descriptor, manifest.config, ...manifest.layers])
  const own: LayoutBlob = { descriptor: root, open: () => once(bytes) }
  const all: LayoutBlob[] = [own, ...stored.map((descriptor) => ({ descriptor, open: () => store.read(descriptor.digest, 0, signal) }))]
  return [...new Map(all.map((blob) => [blob.descriptor.digest, blob])).values()]
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
