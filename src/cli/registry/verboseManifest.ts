import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { formatReference, type Reference } from '../../ground/reference.ts'
import { toGoEntry } from '../../image/index/goDescriptor.ts'
import { parseIndexDocument, type JsonFields } from '../../image/index/indexDocument.ts'
import type { Registry } from '../../registry/registry.ts'
import type { TemplateValue } from '../format/goTemplate.ts'
import { fetchPlatform } from '../manifest/fetchListed.ts'
import { type ManifestDocument, readDescribed } from './manifestDocument.ts'

/** What `docker manifest inspect --verbose` shows: each manifest with its descriptor; a list where there is an index. */
export async function describeVerbosely(registry: Registry, { reference, document }: { readonly reference: Reference; readonly document: ManifestDocument }, signal: AbortSignal): Promise<TemplateValue> {
  const { descriptor, bytes, content } = document
  const { mediaType } = descriptor
  if (content.kind === 'manifest') return describeManifest(formatReference(reference), document, await fetchPlatform(registry, { reference, bytes, mediaType }, signal))
  const described: TemplateValue[] = []
  for (const entry of parseIndexDocument(bytes, mediaType).entries) {
    const inner = await readDescribed(registry, { reference, descriptor: entry.descriptor }, signal)
    described.push(describeManifest(formatReference({ ...reference, digest: entry.descriptor.digest }), inner, toGoEntry(entry).fields['platform'] as JsonFields | undefined))
  }
  return described
}

/** As Docker writes one manifest. */
export function describeManifest(name: string, { descriptor, bytes, json }: Pick<ManifestDocument, 'descriptor' | 'bytes' | 'json'>, platform: JsonFields | undefined): TemplateValue {
  const { mediaType, digest, sizeBytes } = descriptor
  const isDocker = mediaType === MEDIA_TYPE.dockerManifest
  return {
    Ref: name,
    Descriptor: { mediaType, digest, size: sizeBytes, ...(platform === undefined ? {} : { platform }) },
    Raw: Buffer.from(bytes).toString('base64'),
    [isDocker ? 'SchemaV2Manifest' : 'OCIManifest']: json,
  }
}
