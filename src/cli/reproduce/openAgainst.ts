import { createReadStream } from 'node:fs'
import { mkdir, readFile, stat, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { decompress } from '../../archive/compression.ts'
import { openFileStore } from '../../content/fileStore.ts'
import type { EngineClient } from '../../driver/driver.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { formatReference, parseReference } from '../../ground/reference.ts'
import type { ComparedImage } from '../../image/difference/imageDifference.ts'
import { readImageArchive } from '../../image/imageArchive.ts'
import { ImageInvalidError } from '../../image/imageError.ts'
import { parseIndex } from '../../image/manifestJson.ts'
import type { CommandContext } from '../command.ts'

/** Where the other image is looked for and put. */
export interface AgainstPlace {
  readonly engine: EngineClient
  readonly folder: string
  readonly context: CommandContext
}

/** `text` is an OCI layout, an archive, or else a name in the local store. It must hold one image. */
export async function openAgainst(text: string, place: AgainstPlace, signal: AbortSignal): Promise<ComparedImage> {
  const path = resolve(place.context.workingFolder, text)
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory() === true) return await openLayout(path, place, signal)
  if (found !== undefined) return await readArchive(decompress(createReadStream(path, { signal }) as AsyncIterable<Uint8Array>, signal), text, place, signal)
  return await readArchive(savedImage(text, place, signal), text, place, signal)
}

/** Its blobs are read where they are; nothing is written there. */
async function openLayout(path: string, { folder, context }: AgainstPlace, signal: AbortSignal): Promise<ComparedImage> {
  const manifests = parseIndex(await readFile(join(path, 'index.json')), MEDIA_TYPE.ociIndex).manifests
  await mkdir(folder, { recursive: true })
  await symlink(join(path, 'blobs'), join(folder, 'blobs'))
  return { store: await openFileStore({ folder, now: context.now }, signal), root: { ...single([...new Map(manifests.map((root) => [root.digest, root])).values()], path), annotations: new Map() } }
}

async function readArchive(tar: AsyncIterable<Uint8Array>, name: string, { folder, context }: AgainstPlace, signal: AbortSignal): Promise<ComparedImage> {
  const store = await openFileStore({ folder, now: context.now }, signal)
  const images = await readImageArchive(tar, store, signal)
  return { store, root: single(images.map(({ root }) => root), name) }
}

function single<T>(images: readonly T[], name: string): T {
  const [image] = images
  if (image === undefined || images.length > 1) throw new ImageInvalidError(`${name} holds ${images.length} images, and one is compared`)
  return image
}

async function* savedImage(text: string, { engine }: AgainstPlace, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const { data } of engine.local.save({ references: [formatReference(parseReference(text))] }, { signal })) yield data
}
