import type { TarEntry } from '../archive/tar.ts'
import { normalizePath } from '../archive/safePath.ts'
import { readTar } from '../archive/tarReader.ts'
import { putBytes, type ContentStore } from '../content/contentStore.ts'
import { describeBlob, type Descriptor } from '../ground/oci/descriptor.ts'
import { parseDigest } from '../ground/digest.ts'
import type { Index, Manifest } from '../ground/oci/manifest.ts'
import { MEDIA_TYPE } from '../ground/oci/mediaType.ts'
import { parseReference, type Reference } from '../ground/reference.ts'
import { asByteString, fromText } from '../kit/byteString.ts'
import { DOCKER_MANIFEST_FILE, parseDockerManifest, type DockerArchiveImage } from './dockerArchive.ts'
import { parseImageConfig } from './imageConfigJson.ts'
import { ImageInvalidError } from './imageError.ts'
import { gather, readSmallBlob } from './imageView.ts'
import { formatManifest, MAX_MANIFEST_BYTES, parseIndex } from './manifestJson.ts'
import { IMAGE_NAME_ANNOTATION, type NamedImage } from './ociLayout.ts'

/** Files of an old Docker archive that are held by path until `manifest.json` says what they are. */
const MAX_LOOSE_FILES = 10_000

/**
 * Takes an image archive into `store`, as it streams: an OCI layout, or what `docker save` has written in any of its
 * times. Blobs are verified. Gives the images with their names.
 * @throws ImageInvalidError; TarInvalidError; BlobCorruptError
 */
export async function readImageArchive(tar: AsyncIterable<Uint8Array>, store: ContentStore, signal: AbortSignal): Promise<readonly NamedImage[]> {
  const found: Found = { small: new Map(), files: new Map(), links: new Map() }
  for await (const entry of readTar(tar)) await takeEntry(entry, found, { store, signal })
  const index = found.small.get('index.json')
  if (index !== undefined) return imagesOfIndex(parseIndex(index, MEDIA_TYPE.ociIndex))
  const manifest = found.small.get(DOCKER_MANIFEST_FILE)
  if (manifest === undefined) throw new ImageInvalidError('archive holds neither index.json nor manifest.json', { hint: 'give an archive made by `pelago save`, `docker save` or `-o type=oci`' })
  const images: NamedImage[] = []
  for (const image of parseDockerManifest(manifest)) images.push(await rebuildImage(image, found, { store, signal }))
  return images
}

interface Target {
  readonly store: ContentStore
  readonly signal: AbortSignal
}

/** Mutable while the archive is read. Keys are normalized paths. */
interface Found {
  readonly small: Map<string, Uint8Array>
  readonly files: Map<string, Descriptor>
  readonly links: Map<string, string>
}

const BLOB_PATH = /^blobs\/sha256\/([0-9a-f]{64})$/

async function takeEntry({ header, content }: TarEntry, found: Found, target: Target): Promise<void> {
  const path: string = normalizePath(header.path)
  if (header.kind === 'symlink') {
    const folder = path.slice(0, path.lastIndexOf('/') + 1)
    found.links.set(path, normalizePath(asByteString(`${folder}${header.linkTarget}`)))
  } else if (header.kind === 'hardlink') {
    found.links.set(path, normalizePath(header.linkTarget))
  } else if (header.kind === 'file') {
    await takeFile({ path, sizeBytes: header.sizeBytes, content }, found, target)
  }
  if (found.files.size + found.links.size > MAX_LOOSE_FILES) throw new ImageInvalidError('archive holds too many files to be an image')
}

interface FileEntry {
  readonly path: string
  readonly sizeBytes: number
  readonly content: AsyncIterable<Uint8Array>
}

async function takeFile({ path, sizeBytes, content }: FileEntry, found: Found, { store, signal }: Target): Promise<void> {
  if (path === 'index.json' || path === DOCKER_MANIFEST_FILE) {
    if (sizeBytes > MAX_MANIFEST_BYTES) throw new ImageInvalidError(`${path} has ${sizeBytes} bytes, more than ${MAX_MANIFEST_BYTES}`)
    found.small.set(path, await gather(content, sizeBytes, path))
    return
  }
  const hex = BLOB_PATH.exec(path)?.[1]
  const expected = hex === undefined ? undefined : parseDigest(`sha256:${hex}`)
  await using ingest = await store.openIngest({ resumeKey: undefined }, signal)
  for await (const chunk of content) await ingest.write(chunk)
  const { digest } = await ingest.commit(expected)
  found.files.set(path, describeBlob('application/octet-stream', digest, sizeBytes))
}

/** The images that the `index.json` of a layout names; one that has several names is one image. */
export function imagesOfIndex({ manifests }: Index): readonly NamedImage[] {
  const byDigest = Map.groupBy(manifests, ({ digest }) => digest)
  return [...byDigest.values()].flatMap((entries) => {
    const [first] = entries
    const names: readonly Reference[] = entries.flatMap(({ annotations }) => annotations.get(IMAGE_NAME_ANNOTATION) ?? []).map(parseReference)
    return first === undefined ? [] : [{ root: { ...first, annotations: new Map() }, names }]
  })
}

/** The manifest that an archive without one leaves out: its layers are plain tars. */
async function rebuildImage(image: DockerArchiveImage, found: Found, { store, signal }: Target): Promise<NamedImage> {
  const config = { ...fileAt(image.configPath, found), mediaType: MEDIA_TYPE.dockerConfig }
  const { platform } = parseImageConfig(await readSmallBlob(store, config, MAX_MANIFEST_BYTES, signal))
  const layers = image.layerPaths.map((path) => ({ ...fileAt(path, found), mediaType: MEDIA_TYPE.dockerLayer }))
  const manifest: Manifest = { mediaType: MEDIA_TYPE.dockerManifest, artifactType: undefined, config, layers, subject: undefined, annotations: new Map() }
  const bytes = formatManifest(manifest)
  const root = describeBlob(manifest.mediaType, await putBytes(bytes, store, signal), bytes.byteLength)
  return { root: { ...root, platform }, names: image.repoTags.map(parseReference) }
}

/** Docker has saved equal layers as links to the first. */
function fileAt(path: string, found: Found): Descriptor {
  const normal = normalizePath(fromText(path))
  const file = found.files.get(normal) ?? found.files.get(found.links.get(normal) ?? '')
  if (file === undefined) throw new ImageInvalidError(`archive lacks ${JSON.stringify(path)}, which its manifest.json names`)
  return file
}
