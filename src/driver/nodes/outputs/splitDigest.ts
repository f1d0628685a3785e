import { join } from 'node:path'
import { putBytes, type BlobReader } from '../../../content/contentStore.ts'
import { openFileStore } from '../../../content/fileStore.ts'
import { createMemoryStore } from '../../../content/memoryStore.ts'
import { parseJsonObject } from '../../../ground/jsonValue.ts'
import type { Descriptor } from '../../../ground/oci/descriptor.ts'
import { readImageArchive } from '../../../image/imageArchive.ts'
import { ImageInvalidError } from '../../../image/imageError.ts'
import { parseIndexDocument } from '../../../image/index/indexDocument.ts'
import { readSmallBlob } from '../../../image/imageView.ts'
import { MAX_MANIFEST_BYTES, parseDescriptor } from '../../../image/manifestJson.ts'
import type { OutputRequest } from '../../driver.ts'
import { mergeIndexes, type PartIndex } from './mergedIndex.ts'
import type { SplitArchiveOptions } from './splitArchive.ts'
import type { BuildPart, DonePart, SplitOutput } from './splitOutput.ts'
import { toArchive } from './wholeOutputs.ts'

/**
 * An image that nobody named: the nodes keep its parts in their caches, and of each is read only what the digest of the
 * whole is made of. One that may not keep it sends all of it.
 */
export function createSplitDigest(output: OutputRequest, { folder, now }: Pick<SplitArchiveOptions, 'folder' | 'now'>): SplitOutput {
  const parts = new Map<BuildPart, PartIndex>()
  const takeArchive = async (bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<PartIndex> => {
    const blobs = await openFileStore({ folder: join(folder, 'content'), now }, signal)
    const [image] = await readImageArchive(bytes, blobs, signal)
    if (image === undefined) throw new ImageInvalidError('a node gave no image')
    return { root: image.root, blobs }
  }
  return {
    requestFor(part) {
      if (part.blobs !== undefined) return { type: 'image', attributes: output.attributes, destination: { kind: 'none' } }
      return toArchive(output, async (bytes, signal) => {
        parts.set(part, await takeArchive(bytes, signal))
      })
    },
    async keep({ part, response }, signal) {
      if (part.blobs !== undefined) parts.set(part, await readDocuments(part.blobs, response, signal))
    },
    async merge(build, signal) {
      const found = build.parts.flatMap(({ part }) => parts.get(part) ?? [])
      const { root, platforms } = await mergeIndexes(found, build, signal)
      return { root, platforms, names: '' }
    },
  }
}

/** The part's index and manifests, in memory. */
async function readDocuments(from: Pick<BlobReader, 'read'>, response: DonePart['response'], signal: AbortSignal): Promise<PartIndex> {
  const blobs = createMemoryStore()
  const read = async (descriptor: Descriptor): Promise<Uint8Array> => {
    const bytes = await readSmallBlob(from, descriptor, MAX_MANIFEST_BYTES, signal)
    await putBytes(bytes, blobs, signal)
    return bytes
  }
  const root = parseDescriptor(parseJsonObject(Buffer.from(response.get('containerimage.descriptor') ?? '', 'base64').toString(), 'containerimage.descriptor'))
  for (const { descriptor } of parseIndexDocument(await read(root), root.mediaType).entries) await read(descriptor)
  return { root, blobs }
}
