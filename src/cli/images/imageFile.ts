import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decompress } from '../../archive/compression.ts'
import { openFileStore } from '../../content/fileStore.ts'
import { createLayoutReader } from '../../content/layoutReader.ts'
import { BuildError } from '../../ground/errors.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { formatFamiliar } from '../../ground/reference.ts'
import { imagesOfIndex, readImageArchive } from '../../image/imageArchive.ts'
import { parseIndex } from '../../image/manifestJson.ts'
import { LAYOUT_FILE } from '../../content/layoutFiles.ts'
import { REF_NAME_ANNOTATION, type NamedImage } from '../../image/ociLayout.ts'
import { createTempFolder } from '../../kit/files/tempFolder.ts'
import type { CommandContext } from '../command.ts'
import type { OpenedImage } from './openedImage.ts'

export interface ImagePlace {
  readonly path: string
  /** As the user called it. */
  readonly name: string
  /** A tag, a name or `@DIGEST`; undefined where the path holds one image. */
  readonly selector: string | undefined
}

export async function isLayout(path: string): Promise<boolean> {
  return (await stat(join(path, LAYOUT_FILE)).catch(() => undefined))?.isFile() === true
}

/** Its blobs are read where they are; nothing is written there. @throws ImageInvalidError; ImageChoiceError */
export async function openLayout(place: ImagePlace): Promise<OpenedImage> {
  const index = parseIndex(await readFile(join(place.path, 'index.json')), MEDIA_TYPE.ociIndex)
  // other tools name an image by its tag only
  const tagged = index.manifests.filter(({ annotations }) => annotations.get(REF_NAME_ANNOTATION) === place.selector)
  const images = imagesOfIndex(place.selector === undefined || tagged.length === 0 ? index : { ...index, manifests: tagged })
  return { from: 'layout', name: place.name, root: chooseImage(images, tagged.length === 0 ? place : { ...place, selector: undefined }).root, store: createLayoutReader(place.path), [Symbol.asyncDispose]: () => Promise.resolve() }
}

/** Its blobs are unpacked into a temporary folder, as the archive is compressed or not. @throws ImageInvalidError; ImageChoiceError */
export async function openArchive(place: ImagePlace, { env, now }: CommandContext, signal: AbortSignal): Promise<OpenedImage> {
  await using undo = new AsyncDisposableStack()
  const scratch = undo.use(createTempFolder(join(env['TMPDIR'] ?? tmpdir(), 'pelago-image')))
  const store = await openFileStore({ folder: scratch.path, now }, signal)
  const images = await readImageArchive(decompress(createReadStream(place.path, { signal }) as AsyncIterable<Uint8Array>, signal), store, signal)
  const { root } = chooseImage(images, place)
  const held = undo.move()
  return { from: 'archive', name: place.name, root, store, [Symbol.asyncDispose]: () => held.disposeAsync() }
}

function chooseImage(images: readonly NamedImage[], { name, selector }: ImagePlace): NamedImage {
  const fitting = images.filter((image) => selector === undefined || isCalled(image, selector))
  const [image] = fitting
  if (image !== undefined && fitting.length === 1) return image
  throw new ImageChoiceError(name, images)
}

function isCalled({ root, names }: NamedImage, selector: string): boolean {
  return selector === `@${root.digest}` || names.some(({ tag }) => tag === selector)
}

/** None of the images of a layout or an archive is meant, or several may be. */
export class ImageChoiceError extends BuildError {
  readonly kind = 'usage'
  constructor(name: string, images: readonly NamedImage[]) {
    const known = images.map(({ root, names }) => names.map(formatFamiliar).join(' ') || root.digest)
    super(`${name} holds ${images.length} images, and one is looked at`, { hint: images.length === 0 ? 'give a layout or an archive of an image' : `add :TAG or @DIGEST of one of them: ${known.join(', ')}` })
  }
}
