import { digestOf, type Digest } from '../../ground/digest.ts'
import { describeBlob, type Descriptor } from '../../ground/oci/descriptor.ts'
import type { Index } from '../../ground/oci/manifest.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { lostInDockerForm, toDockerIndex, toDockerManifest } from '../../image/dockerForm.ts'
import { formatIndex, formatManifest, parseIndex, parseManifest } from '../../image/manifestJson.ts'
import { isImage } from '../resolve.ts'
import type { ImageDocument, ImageTree } from './imageTree.ts'

/** What of an image is pushed, the most first: all as it is; no attestations; and that in Docker's media types. */
export type ImageForm = 'as-it-is' | 'without-attestations' | 'docker'

/** An image in one of its forms. Configs and layers are the same in all. */
export interface FormedImage {
  readonly form: ImageForm
  readonly tree: ImageTree
  /** What became of manifests and indexes that are others now. */
  readonly replaced: ReadonlyMap<Digest, Descriptor>
  /** How many attestations are left out. */
  readonly attestationCount: number
  /** What else is left out: keys of annotations, names of fields. */
  readonly lost: readonly string[]
}

export function asItIs(tree: ImageTree): FormedImage {
  return { form: 'as-it-is', tree, replaced: new Map(), attestationCount: 0, lost: [] }
}

/** @throws ImageInvalidError where `form` has no place for a part of the image */
export function toForm(tree: ImageTree, form: Exclude<ImageForm, 'as-it-is'>): FormedImage {
  const attestations = attestationsOf(tree)
  const replaced = new Map<Digest, Descriptor>()
  const lost = new Set<string>()
  const replace = ({ descriptor }: ImageDocument, mediaType: string, bytes: Uint8Array): ImageDocument => {
    const made = { descriptor: describeBlob(mediaType, digestOf(bytes), bytes.byteLength), bytes }
    if (made.descriptor.digest !== descriptor.digest) replaced.set(descriptor.digest, made.descriptor)
    return made
  }
  const formManifest = (document: ImageDocument): ImageDocument => {
    const { descriptor, bytes } = document
    if (form !== 'docker' || descriptor.mediaType === MEDIA_TYPE.dockerManifest) return document
    const manifest = parseManifest(bytes, descriptor.mediaType)
    for (const key of lostInDockerForm(manifest)) lost.add(key)
    return replace(document, MEDIA_TYPE.dockerManifest, formatManifest(toDockerManifest(manifest)))
  }
  const formIndex = (document: ImageDocument): ImageDocument => {
    const index = parseIndex(document.bytes, document.descriptor.mediaType)
    const manifests = index.manifests.filter(({ digest }) => !attestations.has(digest)).map((entry) => renamed(entry, replaced.get(entry.digest)))
    const isSame = manifests.length === index.manifests.length && manifests.every((entry, at) => entry === index.manifests[at])
    if (isSame && (form !== 'docker' || index.mediaType === MEDIA_TYPE.dockerIndex)) return document
    const formed: Index = form === 'docker' ? toDockerIndex(manifests) : { ...index, manifests }
    if (form === 'docker') for (const key of lostInDockerForm({ ...index, manifests })) lost.add(key)
    return replace(document, formed.mediaType, formatIndex(formed))
  }
  const manifests = [...tree.manifests.values()].filter(({ descriptor }) => !attestations.has(descriptor.digest)).map(formManifest)
  const indexes = [...tree.indexes.values()].map(formIndex)
  const formed = { root: replaced.get(tree.root.digest) ?? tree.root, blobs: tree.blobs, manifests: byDigest(manifests), indexes: byDigest(indexes) }
  return { form, tree: formed, replaced, attestationCount: attestations.size, lost: [...lost].toSorted() }
}

/** Digests of what stands in an index beside the images that it speaks of. */
export function attestationsOf({ indexes }: ImageTree): ReadonlySet<Digest> {
  const entries = indexes.values().flatMap(({ descriptor, bytes }) => parseIndex(bytes, descriptor.mediaType).manifests)
  return new Set(entries.filter((entry) => !isImage(entry)).map(({ digest }) => digest))
}

function renamed(entry: Descriptor, now: Descriptor | undefined): Descriptor {
  return now === undefined ? entry : { ...entry, mediaType: now.mediaType, digest: now.digest, sizeBytes: now.sizeBytes }
}

function byDigest(documents: readonly ImageDocument[]): ReadonlyMap<Digest, ImageDocument> {
  return new Map(documents.map((document) => [document.descriptor.digest, document]))
}
