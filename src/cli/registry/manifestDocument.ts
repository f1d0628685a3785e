import type { Descriptor } from '../../ground/oci/descriptor.ts'
import { isIndexType } from '../../ground/oci/mediaType.ts'
import type { Reference } from '../../ground/reference.ts'
import { parseIndex, parseManifest } from '../../image/manifestJson.ts'
import type { Registry } from '../../registry/registry.ts'
import { withTrueDigest } from '../../registry/resolve.ts'
import type { TemplateValue } from '../format/goTemplate.ts'

/** A manifest or an index as a registry has it. */
export interface ManifestDocument {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
  readonly json: TemplateValue
  readonly content: { readonly kind: 'index'; readonly entries: readonly Descriptor[] } | { readonly kind: 'manifest'; readonly config: Descriptor }
}

/** @throws RegistryError; ImageInvalidError */
export async function readManifest(registry: Registry, reference: Reference, signal: AbortSignal): Promise<ManifestDocument> {
  return await withTrueDigest(async () => readDescribed(registry, { reference, descriptor: await registry.resolve(reference, signal) }, signal))
}

/** As `readManifest`, of an entry of the index that `reference` names. */
export async function readDescribed(registry: Registry, { reference, descriptor }: { readonly reference: Reference; readonly descriptor: Descriptor }, signal: AbortSignal): Promise<ManifestDocument> {
  const bytes = await registry.fetchManifest(reference, descriptor, signal)
  const json = JSON.parse(Buffer.from(bytes).toString()) as TemplateValue
  const { mediaType } = descriptor
  const content = isIndexType(mediaType)
    ? ({ kind: 'index', entries: parseIndex(bytes, mediaType).manifests } as const)
    : ({ kind: 'manifest', config: parseManifest(bytes, mediaType).config } as const)
  return { descriptor, bytes, json, content }
}
