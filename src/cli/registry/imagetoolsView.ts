import type { Descriptor } from '../../ground/oci/descriptor.ts'
import { formatPlatform } from '../../ground/platform.ts'
import { formatReference, type Reference } from '../../ground/reference.ts'
import type { Registry } from '../../registry/registry.ts'
import { isImage } from '../../registry/resolve.ts'
import type { TemplateValue } from '../format/goTemplate.ts'
import { readAttestations } from './attestationView.ts'
import { type ManifestDocument, readDescribed } from './manifestDocument.ts'

/** For people, as `docker buildx imagetools inspect` writes it; `attestations` says what is attached to each image, by its digest. */
export function formatManifest(reference: Reference, { descriptor, content }: ManifestDocument, attestations: ReadonlyMap<string, string>): string {
  const head = [`Name:      ${formatReference(reference)}`, `MediaType: ${descriptor.mediaType}`, `Digest:    ${descriptor.digest}`]
  const entries = content.kind === 'manifest' ? [] : ['', 'Manifests:', ...content.entries.flatMap((entry, index) => [...(index === 0 ? [] : ['']), ...entryLines(reference, entry, attestations.get(entry.digest))])]
  return [...head, ...entries].map((line) => `${line}\n`).join('')
}

function entryLines(reference: Reference, { mediaType, digest, platform, annotations }: Descriptor, attested: string | undefined): readonly string[] {
  const notes = [...annotations].map(([key, value]) => `    ${key}: ${value}`)
  return [
    `  Name:      ${formatReference({ ...reference, digest })}`,
    `  MediaType: ${mediaType}`,
    ...(platform === undefined ? [] : [`  Platform:  ${formatPlatform(platform)}`]),
    ...(attested === undefined ? [] : [`  Attested:  ${attested}`]),
    ...(notes.length === 0 ? [] : ['  Annotations:', ...notes]),
  ]
}

export interface ViewRequest {
  readonly reference: Reference
  readonly document: ManifestDocument
  /** Whether the configs are to be read: one request a platform. */
  readonly needsImage: boolean
  /** Whether statements are to be read: two requests for each, and one more a platform. */
  readonly needsAttestations: boolean
}

/**
 * What templates read: `name`, `manifest` with digest and size, `image`, which is a config, or of an index of several
 * configs by platform, and, in the same way, `Provenance` and `SBOM`.
 */
export async function templateData(registry: Registry, { reference, document, needsImage, needsAttestations }: ViewRequest, signal: AbortSignal): Promise<TemplateValue> {
  const { descriptor, json, content } = document
  const described = { mediaType: descriptor.mediaType, digest: descriptor.digest, size: descriptor.sizeBytes }
  const manifest = content.kind === 'index' ? { ...toFields(json), ...described } : described
  const image = needsImage ? { image: await readImages(registry, { reference, document }, signal) } : {}
  const entries = content.kind === 'index' ? content.entries : []
  const attestations = needsAttestations ? await readAttestations(registry, { reference, entries }, signal) : {}
  return { name: formatReference(reference), manifest, ...image, ...attestations }
}

async function readImages(registry: Registry, { reference, document }: Pick<ViewRequest, 'reference' | 'document'>, signal: AbortSignal): Promise<TemplateValue> {
  const { content } = document
  if (content.kind === 'manifest') return await readConfig(registry, { reference, descriptor: content.config }, signal)
  const images = new Map<string, TemplateValue>()
  for (const descriptor of content.entries) {
    if (descriptor.platform === undefined || !isImage(descriptor)) continue
    const inner = await readDescribed(registry, { reference, descriptor }, signal)
    images.set(formatPlatform(descriptor.platform), await readImages(registry, { reference, document: inner }, signal))
  }
  const [only] = images.values()
  return images.size === 1 && only !== undefined ? only : Object.fromEntries(images)
}

async function readConfig(registry: Registry, { reference, descriptor }: { readonly reference: Reference; readonly descriptor: Descriptor }, signal: AbortSignal): Promise<TemplateValue> {
  return JSON.parse(Buffer.from(await registry.fetchManifest(reference, descriptor, signal)).toString()) as TemplateValue
}

function toFields(json: TemplateValue): Readonly<Record<string, TemplateValue>> {
  return typeof json === 'object' && json !== null ? Object.fromEntries(Object.entries(json)) : {}
}
