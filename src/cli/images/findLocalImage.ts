import { UnsupportedByPeerError } from '../../api/errorMapping.ts'
import type { EngineClient } from '../../driver/driver.ts'
import { parseDigest } from '../../ground/digest.ts'
import { describeBlob, type Descriptor } from '../../ground/oci/descriptor.ts'
import { formatReference, type Reference } from '../../ground/reference.ts'

/** What a name stands for in the engine's local store; undefined where it is not there, or there is no such store: a buildkitd has none. */
export async function findLocalImage({ local }: EngineClient, reference: Reference, signal: AbortSignal): Promise<Descriptor | undefined> {
  const wanted = formatReference(reference)
  try {
    const { images } = await local.listImages({ reference: '' }, { signal })
    const image = images.find((candidate) => candidate.reference === wanted)
    if (image === undefined) return undefined
    const { content } = await local.readImage({ reference: wanted, digest: '' }, { signal })
    return describeBlob(image.mediaType, parseDigest(image.digest), content.byteLength)
  } catch (error) {
    if (error instanceof UnsupportedByPeerError) return undefined
    throw error
  }
}
