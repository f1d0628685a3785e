import type { ContentStore } from '../../content/contentStore.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'
import type { Digest } from '../../ground/digest.ts'
import { isIndexType, isManifestType } from '../../ground/oci/mediaType.ts'
import { readIndex, readManifest } from '../../image/imageView.ts'

export interface Reachable {
  readonly present: readonly Descriptor[]
  readonly missing: readonly Descriptor[]
}

/** All that `root` leads to, itself too; of what is missing no more is known than its descriptor. */
export async function reachableBlobs(content: ContentStore, root: Descriptor, signal: AbortSignal): Promise<Reachable> {
  const present = new Map<Digest, Descriptor>()
  const missing = new Map<Digest, Descriptor>()
  const open = [root]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (present.has(next.digest)) continue
    if ((await content.sizeBytes(next.digest, signal)) === undefined) {
      missing.set(next.digest, next)
      continue
    }
    present.set(next.digest, next)
    open.push(...(await childrenOf(content, next, signal)))
  }
  return { present: [...present.values()], missing: [...missing.values()] }
}

async function childrenOf(content: ContentStore, descriptor: Descriptor, signal: AbortSignal): Promise<readonly Descriptor[]> {
  if (isIndexType(descriptor.mediaType)) return (await readIndex(content, descriptor, signal)).manifests
  if (!isManifestType(descriptor.mediaType)) return []
  const { config, layers } = await readManifest(content, descriptor, signal)
  return [config, ...layers]
}
