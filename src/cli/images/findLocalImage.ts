import { RemoteError, UnsupportedByPeerError } from '../../api/errorMapping.ts'
import type { EngineClient } from '../../driver/driver.ts'
import { parseDigest } from '../../ground/digest.ts'
import { describeBlob, type Descriptor } from '../../ground/oci/descriptor.ts'
import { formatReference, type Reference } from '../../ground/reference.ts'

/** What a name stands for in the engine's local store; undefined where it is not there, or is another than the digest in it, or there is no such store: a buildkitd has none. */
export async function findLocalImage({ local }: EngineClient, reference: Reference, signal: AbortSignal): Promise<Descriptor | undefined> {
  try {
    const { mediaType, digest, content } = await local.readImage({ reference: formatReference(reference), digest: '' }, { signal })
    return (reference.digest ?? digest) === digest ? describeBlob(mediaType, parseDigest(digest), content.byteLength) : undefined
  } catch (error) {
    if (error instanceof UnsupportedByPeerError || (error instanceof RemoteError && error.kind === 'not-found')) return undefined
    throw error
  }
}
