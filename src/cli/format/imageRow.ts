import type { Image } from '../../api/gen/local_pb.ts'
import { formatFamiliar, parseReference } from '../../ground/reference.ts'
import { formatAge, formatBytes } from '../render/measure.ts'

/** A local image as a line of a list; the names are those of Docker's format templates. */
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
}

const SHORT_DIGITS = 12

export function describeImage({ reference, digest, createdAtMs, platforms }: Image, view: { readonly now: number; readonly isFull: boolean }): ImageRow {
  const parsed = reference === '' ? undefined : parseReference(reference)
  const sizeBytes = platforms.reduce((sum, platform) => sum + Number(platform.size), 0)
  const created = Number(createdAtMs)
  return {
    Reference: parsed === undefined ? '<none>' : formatFamiliar(parsed),
    Repository: parsed === undefined ? '<none>' : formatFamiliar({ ...parsed, tag: undefined, digest: undefined }),
    Tag: parsed?.tag ?? '<none>',
    ID: view.isFull ? digest : digest.replace(/^sha256:/, '').slice(0, SHORT_DIGITS),
    Digest: digest,
    CreatedAt: new Date(created).toISOString(),
    CreatedSince: formatAge(view.now - created),
    Size: formatBytes(sizeBytes),
    Platforms: platforms.map(({ platform, size }) => `${platform} (${formatBytes(Number(size))})`).join(', '),
  }
}
