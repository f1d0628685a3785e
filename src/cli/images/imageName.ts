import type { Image } from '../../api/gen/local_pb.ts'
import { formatFamiliar, formatReference, parseReference } from '../../ground/reference.ts'
import { UsageError } from '../flags/usageError.ts'

/** Of an engine, what lists its local images. */
interface ImageLister {
  readonly local: { listImages(request: { readonly reference: string }, options: { readonly signal: AbortSignal }): Promise<{ readonly images: readonly Image[] }> }
}

/** As ids are written: the beginning of a digest. */
const ID = /^(?:sha256:)?([0-9a-f]{4,64})$/

/**
 * The names of the local image that `text` stands for: as with Docker, all that the image has whose id, its digest,
 * begins with it; itself where it is a name, or no id. @throws UsageError where several have such an id
 */
export async function findImageNames({ local }: ImageLister, text: string, signal: AbortSignal): Promise<readonly [string, ...string[]]> {
  const [, digits] = ID.exec(text) ?? []
  if (digits === undefined) return [text]
  const { images } = await local.listImages({ reference: '' }, { signal })
  if (images.some(({ reference }) => reference === fullName(text))) return [text]
  const [first, ...rest] = namesOf(images, digits)
  return first === undefined ? [text] : [first, ...rest]
}

/** One of these names. */
export async function findImageName(engine: ImageLister, text: string, signal: AbortSignal): Promise<string> {
  return (await findImageNames(engine, text, signal))[0]
}

/** Undefined for what is no name: 64 digits. */
function fullName(text: string): string | undefined {
  try {
    return formatReference(parseReference(text))
  } catch {
    return undefined
  }
}

function namesOf(images: readonly Image[], digits: string): readonly string[] {
  const found = images.filter(({ digest }) => digest.startsWith(`sha256:${digits}`))
  const digests = new Set(found.map(({ digest }) => digest))
  if (digests.size > 1) throw new UsageError(`several images have ids that begin with ${digits}`, { hint: 'write more of it; pelago image ls --no-trunc shows them in full' })
  return found.map(({ reference }) => formatFamiliar(parseReference(reference)))
}
