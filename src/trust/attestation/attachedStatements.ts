import { parseDigest, type Digest } from '../../ground/digest.ts'
import { parseJsonObject, requiredString } from '../../ground/jsonValue.ts'
import { isIndexType, MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { formatPlatform } from '../../ground/platform.ts'
import type { Reference } from '../../ground/reference.ts'
import { attestedDigest } from '../../image/index/attestation.ts'
import { parseIndex, parseManifest } from '../../image/manifestJson.ts'
import type { Registry } from '../../registry/registry.ts'
import { fetchSmallBlob } from '../attachedImage.ts'
import { MAX_STATEMENT_BYTES } from './attestationImage.ts'

/** An in-toto statement that a build has put beside its image, not signed. */
export interface AttachedStatement {
  /** Of the manifest that it speaks of. */
  readonly digest: Digest
  /** The platform of that. */
  readonly part: string
  readonly predicateType: string
  readonly bytes: Uint8Array
}

/** Those in the index that `reference` names; none where it names no index. @throws ImageInvalidError; UntrustedError */
export async function fetchStatements(registry: Registry, reference: Reference, signal: AbortSignal): Promise<readonly AttachedStatement[]> {
  const root = await registry.resolve(reference, signal)
  if (!isIndexType(root.mediaType)) return []
  const { manifests } = parseIndex(await registry.fetchManifest(reference, root, signal), root.mediaType)
  const parts = new Map<string, string>(manifests.flatMap(({ digest, platform }) => (platform === undefined ? [] : [[digest, formatPlatform(platform)]])))
  const statements: AttachedStatement[] = []
  for (const descriptor of manifests) {
    const subject = attestedDigest(descriptor)
    if (subject === undefined) continue
    const { layers } = parseManifest(await registry.fetchManifest(reference, descriptor, signal), descriptor.mediaType)
    for (const layer of layers.filter(({ mediaType }) => mediaType === MEDIA_TYPE.inToto)) {
      const bytes = await fetchSmallBlob(registry, reference, { descriptor: layer, maxBytes: MAX_STATEMENT_BYTES }, signal)
      const predicateType = requiredString(parseJsonObject(Buffer.from(bytes).toString(), 'the statement'), 'predicateType')
      statements.push({ digest: parseDigest(subject), part: parts.get(subject) ?? '', predicateType, bytes })
    }
  }
  return statements
}
