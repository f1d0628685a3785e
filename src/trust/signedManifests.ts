import type { Digest } from '../ground/digest.ts'
import { isIndexType } from '../ground/oci/mediaType.ts'
import { formatPlatform } from '../ground/platform.ts'
import type { Reference } from '../ground/reference.ts'
import { isRealPlatform } from '../image/imageView.ts'
import { parseIndex } from '../image/manifestJson.ts'
import type { Registry } from '../registry/registry.ts'

/** A manifest that signatures are about. */
export interface SignedManifest {
  readonly digest: Digest
  /** `index`, or the platform; undefined of an image that stands in no index. */
  readonly part: string | undefined
}

/** What `reference` names: the index or the image, then, if `isRecursive`, the image of each platform. */
export async function fetchSignedManifests(registry: Registry, reference: Reference, { isRecursive }: { readonly isRecursive: boolean }, signal: AbortSignal): Promise<readonly SignedManifest[]> {
  const root = await registry.resolve(reference, signal)
  if (!isIndexType(root.mediaType)) return [{ digest: root.digest, part: undefined }]
  const index = { digest: root.digest, part: 'index' }
  if (!isRecursive) return [index]
  const { manifests } = parseIndex(await registry.fetchManifest(reference, root, signal), root.mediaType)
  return [index, ...manifests.filter(({ platform }) => isRealPlatform(platform)).map(({ digest, platform }) => ({ digest, part: platform === undefined ? 'no platform' : formatPlatform(platform) }))]
}
