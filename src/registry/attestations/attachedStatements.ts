import type { Descriptor } from '../../ground/oci/descriptor.ts'
import type { Digest } from '../../ground/digest.ts'
import { parseJsonObject } from '../../ground/jsonValue.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import type { Reference } from '../../ground/reference.ts'
import { ImageInvalidError } from '../../image/imageError.ts'
import { gather } from '../../image/imageView.ts'
import { attestedDigest, PREDICATE_TYPE_ANNOTATION } from '../../image/index/attestation.ts'
import { parseManifest } from '../../image/manifestJson.ts'
import { createHasher } from '../../kit/hashing.ts'
import type { Registry } from '../registry.ts'

/** A statement that an index has beside an image; not yet read. */
export interface AttachedStatement {
  readonly predicateType: string
  readonly descriptor: Descriptor
}

/** An index in a registry. */
export interface AttestedIndex {
  readonly reference: Reference
  readonly entries: readonly Descriptor[]
}

/** Of the image `digest`, in the order in which they were attached. One request for each manifest of attestations. */
export async function listStatements(registry: Pick<Registry, 'fetchManifest'>, { reference, entries }: AttestedIndex, digest: Digest, signal: AbortSignal): Promise<readonly AttachedStatement[]> {
  const statements: AttachedStatement[] = []
  for (const entry of entries.filter((candidate) => attestedDigest(candidate) === digest)) {
    const { layers } = parseManifest(await registry.fetchManifest(reference, entry, signal), entry.mediaType)
    for (const descriptor of layers) {
      const predicateType = descriptor.annotations.get(PREDICATE_TYPE_ANNOTATION)
      if (predicateType !== undefined && descriptor.mediaType === MEDIA_TYPE.inToto) statements.push({ predicateType, descriptor })
    }
  }
  return statements
}

/** SBOMs of large images have some megabytes. */
const MAX_STATEMENT_BYTES = 128 * 1024 * 1024

/** Its predicate, as it stands there. @throws ImageInvalidError where it is not what its digest says, or no statement */
export async function readPredicate(registry: Pick<Registry, 'readBlob'>, { host, repository }: Reference, { descriptor }: AttachedStatement, signal: AbortSignal): Promise<unknown> {
  const { digest, sizeBytes } = descriptor
  if (sizeBytes > MAX_STATEMENT_BYTES) throw new ImageInvalidError(`the statement ${digest} has ${sizeBytes} bytes, more than ${MAX_STATEMENT_BYTES}`)
  const hasher = createHasher()
  const bytes = await gather(hasher.pass(registry.readBlob({ host, repository }, descriptor, 0, signal)), sizeBytes, `the statement ${digest}`)
  if (hasher.result().digest !== digest) throw new ImageInvalidError(`the statement ${digest} has other bytes than its name says`)
  return parseJsonObject(Buffer.from(bytes).toString(), 'statement').fields.get('predicate')
}
