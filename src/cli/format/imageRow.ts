import type { Image } from '../../api/gen/local_pb.ts'
import { formatFamiliar, parseReference } from '../../ground/reference.ts'
import { formatAge, formatBytes } from '../render/measure.ts'

/** A local image as a line of a list; the names are those of Docker's format templates, but for `Reference` and `Platforms`. */
export interface ImageRow {
  readonly Reference: string
  readonly Repository: string
  readonly Tag: string
  readonly ID: string
  readonly Digest: string
  readonly CreatedAt: string
  readonly CreatedSince: string
  /** Of all platforms together. */
  readonly Size: string
  readonly Platforms: string
  readonly Containers: string
  readonly SharedSize: string
  readonly UniqueSize: string
  readonly VirtualSize: string
}

/** What Docker writes above columns of a `table`, where it is not the field's name. */
export const IMAGE_HEADINGS: ReadonlyMap<string, string> = new Map([['ID', 'IMAGE ID'], ['CreatedSince', 'CREATED']])

const SHORT_DIGITS = 12

export function describeImage(image: Image, view: { readonly now: number; readonly isFull: boolean }): ImageRow {
  const { reference, digest, platforms } = image
  const parsed = reference === '' ? undefined : parseReference(reference)
  const size = formatBytes(platforms.reduce((sum, platform) => sum + Number(platform.size), 0))
  const created = createdMs(image)
  return {
    Reference: parsed === undefined ? '<none>' : formatFamiliar(parsed),
    Repository: parsed === undefined ? '<none>' : formatFamiliar({ ...parsed, tag: undefined, digest: undefined }),
    Tag: parsed?.tag ?? '<none>',
    ID: view.isFull ? digest : digest.replace(/^sha256:/, '').slice(0, SHORT_DIGITS),
    Digest: digest,
    CreatedAt: new Date(created).toISOString().replace(/T(.*)\.\d+Z$/, ' $1 +0000 UTC'),
    CreatedSince: formatAge(view.now - created),
    Size: size,
    Platforms: platforms.map((platform) => `${platform.platform} (${formatBytes(Number(platform.size))})`).join(', '),
    Containers: 'N/A',
    SharedSize: 'N/A',
    UniqueSize: 'N/A',
    VirtualSize: size,
  }
}

/** As the image says; of one that does not, when it came here. */
export function createdMs({ createdAtMs, platforms }: Image): number {
  const said = platforms.map(({ created }) => Date.parse(created)).filter((time) => Number.isFinite(time))
  return said.length === 0 ? Number(createdAtMs) : Math.max(...said)
}
