import type { Descriptor } from '../ground/oci/descriptor.ts'
import type { Index, Manifest } from '../ground/oci/manifest.ts'
import { compressionOf, isForeignLayer, layerMediaType, MEDIA_TYPE } from '../ground/oci/mediaType.ts'
import { ImageInvalidError } from './imageError.ts'

/*
 * An image in the media types of Docker's image manifest v2, schema 2, for those that know no others. Configs and
 * layers stay the same bytes; annotations, subjects and artifact types have no place there.
 */

/** @throws ImageInvalidError where a layer or the config has no Docker type */
export function toDockerManifest(manifest: Manifest): Manifest {
  if (manifest.config.mediaType !== MEDIA_TYPE.ociConfig && manifest.config.mediaType !== MEDIA_TYPE.dockerConfig) {
    throw new ImageInvalidError(`Docker's format has no place for what is no image: ${manifest.config.mediaType}`)
  }
  return {
    mediaType: MEDIA_TYPE.dockerManifest,
    artifactType: undefined,
    config: bare(manifest.config, MEDIA_TYPE.dockerConfig),
    layers: manifest.layers.map((layer) => bare(layer, dockerLayerType(layer))),
    subject: undefined,
    annotations: new Map(),
  }
}

/** Of `index` with the entries that are given, in their place. @throws ImageInvalidError where one of them is an index: a Docker list holds manifests only */
export function toDockerIndex(manifests: readonly Descriptor[]): Index {
  const inner = manifests.find(({ mediaType }) => mediaType !== MEDIA_TYPE.dockerManifest)
  if (inner !== undefined) throw new ImageInvalidError(`a Docker manifest list holds manifests only, no ${inner.mediaType}`)
  const entries = manifests.map((entry) => ({ ...bare(entry, entry.mediaType), platform: entry.platform }))
  return { mediaType: MEDIA_TYPE.dockerIndex, artifactType: undefined, manifests: entries, subject: undefined, annotations: new Map() }
}

/** The keys of annotations, and names of fields, that the Docker form leaves out. */
export function lostInDockerForm(document: Manifest | Index): readonly string[] {
  const inner = 'manifests' in document ? document.manifests : [document.config, ...document.layers]
  const annotated = [document, ...inner].flatMap(({ annotations }) => [...annotations.keys()])
  return [...new Set([...annotated, ...(document.subject === undefined ? [] : ['subject']), ...(document.artifactType === undefined ? [] : ['artifactType'])])].toSorted()
}

function dockerLayerType({ mediaType }: Descriptor): string {
  const compression = isForeignLayer(mediaType) ? undefined : compressionOf(mediaType)
  if (compression === 'zstd') {
    throw new ImageInvalidError("Docker's format has no zstd layers", { hint: 'build with gzip: --output type=image,push=true,compression=gzip,force-compression=true' })
  }
  if (compression === undefined) throw new ImageInvalidError(`Docker's format has no place for a layer of the type ${mediaType}`)
  return layerMediaType(compression, 'docker')
}

function bare({ digest, sizeBytes }: Descriptor, mediaType: string): Descriptor {
  return { mediaType, digest, sizeBytes, platform: undefined, annotations: new Map(), artifactType: undefined }
}
