import type { BlobReader } from '../../content/contentStore.ts'
import type { Digest } from '../../ground/digest.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'
import { isIndexType } from '../../ground/oci/mediaType.ts'
import { parseIndex, parseManifest } from '../../image/manifestJson.ts'
import { mapLimited, type Limit } from '../../kit/limit.ts'
import { UnsupportedImageError } from '../registryError.ts'
import { readDocument } from '../transfer.ts'

/** A manifest or an index under a root, and what it leads to itself. */
export interface ReadDocument {
  readonly descriptor: Descriptor
  /** The documents of an index. */
  readonly children: readonly Descriptor[]
  /** Config and layers of a manifest. */
  readonly blobs: readonly Digest[]
  /** The digest of what it is a referrer of. */
  readonly subject: Digest | undefined
}

/** Far more than any image has; an index of indexes could lead on for ever. */
const MAX_DOCUMENTS = 5_000

/** All documents from `root` on, outer ones first, each once; those of one depth are read side by side. @throws RegistryError; ImageInvalidError; UnsupportedImageError where they are too many */
export async function readDocuments(content: Pick<BlobReader, 'read'>, root: Descriptor, limit: Limit, signal: AbortSignal): Promise<readonly ReadDocument[]> {
  const seen = new Set<Digest>([root.digest])
  const found: ReadDocument[] = []
  for (let level: readonly Descriptor[] = [root]; level.length > 0; ) {
    const read = await mapLimited(level, limit, (descriptor, inner) => readOne(content, descriptor, inner), signal)
    found.push(...read)
    level = read.flatMap(({ children }) => children).filter(({ digest }) => !seen.has(digest) && seen.add(digest))
    if (seen.size > MAX_DOCUMENTS) throw new UnsupportedImageError(root.digest, `it names more than ${MAX_DOCUMENTS} manifests`)
  }
  return found
}

async function readOne(content: Pick<BlobReader, 'read'>, descriptor: Descriptor, signal: AbortSignal): Promise<ReadDocument> {
  const bytes = await readDocument(content, descriptor, signal)
  if (isIndexType(descriptor.mediaType)) {
    const { manifests, subject } = parseIndex(bytes, descriptor.mediaType)
    return { descriptor, children: manifests, blobs: [], subject: subject?.digest }
  }
  const { config, layers, subject } = parseManifest(bytes, descriptor.mediaType)
  return { descriptor, children: [], blobs: [config, ...layers].map(({ digest }) => digest), subject: subject?.digest }
}
