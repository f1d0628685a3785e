import type { Digest } from '../../ground/digest.ts'
import { formatPlatform } from '../../ground/platform.ts'
import { formatFamiliar, formatReference, formatRepository } from '../../ground/reference.ts'
import { isImage } from '../../registry/resolve.ts'
import { formatTable } from '../format/table.ts'
import type { MergedImage } from './mergeParts.ts'
import type { Published } from './publishIndex.ts'

/** Where the image is now, its digest, and which part each platform is from, by digests that are cut where they are only looked at. */
export function formatMergeReport({ root, entries }: MergedImage, published: readonly Published[], isShort: boolean): string {
  const places = published.map((place) => `${formatPlace(place, root.digest)}\n`)
  const rows = entries.filter(({ descriptor }) => isImage(descriptor)).map(({ descriptor, from }) => [descriptor.platform === undefined ? 'unknown' : formatPlatform(descriptor.platform), isShort ? descriptor.digest.slice(0, SHORT_DIGEST) : descriptor.digest, from.name])
  return `${places.join('')}digest ${root.digest}\n\n${formatTable(['PLATFORM', 'DIGEST', 'PART'], rows)}`
}

const SHORT_DIGEST = 'sha256:'.length + 12

/** `pushed h/app:1 (was sha256:…)` */
function formatPlace({ reference, was, root }: Published, merged: Digest): string {
  const form = root.digest === merged ? '' : ` as ${root.digest}: the registry takes no other form`
  if (was === root.digest) return `already there: ${formatFamiliar(reference)}${form}`
  return `pushed ${formatFamiliar(reference)}${form}${was === undefined ? '' : ` (was ${was})`}`
}

/** What scripts read: the names of the first three fields are buildx's. */
export function mergeMetadata({ root, entries }: MergedImage, published: readonly Published[]): Readonly<Record<string, unknown>> {
  return {
    'containerimage.digest': root.digest,
    'containerimage.descriptor': { mediaType: root.mediaType, digest: root.digest, size: root.sizeBytes },
    'image.name': published.map(({ reference }) => formatReference(reference)).join(','),
    'pelago.platforms': entries
      .filter(({ descriptor }) => isImage(descriptor))
      .map(({ descriptor, from }) => ({ platform: descriptor.platform === undefined ? '' : formatPlatform(descriptor.platform), digest: descriptor.digest, part: from.name, repository: formatRepository({ ...from.part.repository, tag: undefined, digest: undefined }) })),
  }
}
