import type { TarEntry, TarHeader } from '../archive/tar.ts'
import { LAYOUT_FILE, LAYOUT_INDEX } from '../content/layoutFiles.ts'
import type { Descriptor } from '../ground/oci/descriptor.ts'
import { digestHex } from '../ground/digest.ts'
import type { Index } from '../ground/oci/manifest.ts'
import { MEDIA_TYPE } from '../ground/oci/mediaType.ts'
import { formatReference, type Reference } from '../ground/reference.ts'
import { fromText } from '../kit/byteString.ts'
import { formatIndex } from './manifestJson.ts'

/** A blob on its way into a layout. */
export interface LayoutBlob {
  readonly descriptor: Descriptor
  /** The bytes; opened once, when it is their turn. */
  readonly open: () => AsyncIterable<Uint8Array>
}

/** An image and what it is called. */
export interface NamedImage {
  readonly root: Descriptor
  readonly names: readonly Reference[]
}

export const REF_NAME_ANNOTATION = 'org.opencontainers.image.ref.name'
/** Containerd's, and Docker's: the name in full. */
export const IMAGE_NAME_ANNOTATION = 'io.containerd.image.name'

/** The layout's `index.json`: an entry for each name, or one without where there are none. OCI image-spec, image-layout.md. */
export function layoutIndex(images: readonly NamedImage[]): Index {
  const manifests = images.flatMap(({ root, names }) => (names.length === 0 ? [root] : names.map((name) => nameDescriptor(root, name))))
  return { mediaType: MEDIA_TYPE.ociIndex, artifactType: undefined, manifests, subject: undefined, annotations: new Map() }
}

export interface LayoutContents {
  readonly index: Index
  /** Each digest once; in any order. */
  readonly blobs: readonly LayoutBlob[]
  /** Further files of the archive by name, such as Docker's `manifest.json`. */
  readonly files: ReadonlyMap<string, Uint8Array>
}

/** The layout as an archive: entries by name, times 0, so that the same images give the same bytes. */
export function* layoutEntries({ index, blobs, files }: LayoutContents): Generator<TarEntry> {
  yield folderEntry('blobs')
  yield folderEntry('blobs/sha256')
  for (const { descriptor, open } of blobs.toSorted(byDigest)) yield fileEntry(blobPath(descriptor), descriptor.sizeBytes, open)
  const named = new Map([...files, [LAYOUT_INDEX, formatIndex(index)], [LAYOUT_FILE, Buffer.from('{"imageLayoutVersion":"1.0.0"}')]])
  for (const [name, bytes] of [...named].sort(([a], [b]) => (a < b ? -1 : 1))) yield fileEntry(name, bytes.byteLength, () => whole(bytes))
}

/** Path of a blob in a layout. */
export function blobPath({ digest }: Descriptor): string {
  return `blobs/sha256/${digestHex(digest)}`
}

function nameDescriptor(root: Descriptor, name: Reference): Descriptor {
  const added: readonly (readonly [string, string])[] = [
    [IMAGE_NAME_ANNOTATION, formatReference(name)],
    [REF_NAME_ANNOTATION, name.tag ?? formatReference(name)],
  ]
  return { ...root, annotations: new Map([...root.annotations, ...added]) }
}

function byDigest(a: LayoutBlob, b: LayoutBlob): number {
  return a.descriptor.digest < b.descriptor.digest ? -1 : 1
}

const PLAIN = { uid: 0, gid: 0, mtimeNs: 0n, linkTarget: fromText(''), deviceMajor: 0, deviceMinor: 0, xattrs: new Map() } as const

function folderEntry(path: string): TarEntry {
  const header: TarHeader = { ...PLAIN, kind: 'folder', path: fromText(path), mode: 0o755, sizeBytes: 0 }
  return { header, content: whole(new Uint8Array(0)) }
}

function fileEntry(path: string, sizeBytes: number, open: () => AsyncIterable<Uint8Array>): TarEntry {
  const header: TarHeader = { ...PLAIN, kind: 'file', path: fromText(path), mode: 0o644, sizeBytes }
  return { header, content: { [Symbol.asyncIterator]: () => open()[Symbol.asyncIterator]() } }
}

async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
