import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import type { Platform } from '../../ground/platform.ts'
import { formatFamiliar, formatReference, type Reference } from '../../ground/reference.ts'
import type { Registry } from '../../registry/registry.ts'
import type { TemplateValue } from '../format/goTemplate.ts'
import { type ManifestDocument, readDescribed } from './manifestDocument.ts'

/** What `docker manifest inspect --verbose` shows: each manifest with its descriptor; a list where there is an index. */
export async function describeVerbosely(registry: Registry, { reference, document }: { readonly reference: Reference; readonly document: ManifestDocument }, signal: AbortSignal): Promise<TemplateValue> {
  if (document.content.kind === 'manifest') return describe(formatReference(reference), document, undefined)
  const described: TemplateValue[] = []
  for (const descriptor of document.content.entries) {
    const inner = await readDescribed(registry, { reference, descriptor }, signal)
    described.push(describe(formatFamiliar({ ...reference, digest: descriptor.digest }), inner, descriptor.platform))
  }
  return described
}

function describe(name: string, { descriptor, bytes, json }: ManifestDocument, platform: Platform | undefined): TemplateValue {
  const { mediaType, digest, sizeBytes } = descriptor
  const isDocker = mediaType === MEDIA_TYPE.dockerManifest
  return {
    Ref: name,
    Descriptor: { mediaType, digest, size: sizeBytes, ...(platform === undefined ? {} : { platform: describePlatform(platform) }) },
    Raw: Buffer.from(bytes).toString('base64'),
    [isDocker ? 'SchemaV2Manifest' : 'OCIManifest']: json,
  }
}

function describePlatform({ architecture, os, variant }: Platform): TemplateValue {
  return { architecture, os, ...(variant === '' ? {} : { variant }) }
}
