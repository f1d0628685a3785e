/** Media types of OCI image-spec 1.1 and of Docker's image manifest v2, schema 2. */
export const MEDIA_TYPE = {
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar',
  ociLayerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  ociLayerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  ociEmpty: 'application/vnd.oci.empty.v1+json',
  /** A statement, as in-toto has it. */
  inToto: 'application/vnd.in-toto+json',
  /** BuildKit's, of a manifest whose layers are statements. */
  attestationArtifact: 'application/vnd.docker.attestation.manifest.v1+json',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar',
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  dockerLayerZstd: 'application/vnd.docker.image.rootfs.diff.tar.zstd',
} as const

/** How the bytes of a layer are packed. */
export type Compression = 'uncompressed' | 'gzip' | 'zstd'

export function isIndexType(mediaType: string): boolean {
  return mediaType === MEDIA_TYPE.ociIndex || mediaType === MEDIA_TYPE.dockerIndex
}

export function isManifestType(mediaType: string): boolean {
  return mediaType === MEDIA_TYPE.ociManifest || mediaType === MEDIA_TYPE.dockerManifest
}

/** By the media type's ending; undefined where the type is no layer's, or its packing is not known. */
export function compressionOf(mediaType: string): Compression | undefined {
  const ending = /(?:layer|rootfs)\b.*\btar(?:[+.](\w+))?$/.exec(mediaType)
  if (ending === null) return undefined
  switch (ending[1]) {
    case undefined:
      return 'uncompressed'
    case 'gzip':
    case 'zstd':
      return ending[1]
    default:
      return undefined
  }
}

/** A layer that registries need not have, since its licence forbids it: those of Windows. */
export function isForeignLayer(mediaType: string): boolean {
  return /nondistributable|rootfs\.foreign/.test(mediaType)
}

export function layerMediaType(compression: Compression, style: 'oci' | 'docker'): string {
  switch (compression) {
    case 'uncompressed':
      return style === 'oci' ? MEDIA_TYPE.ociLayer : MEDIA_TYPE.dockerLayer
    case 'gzip':
      return style === 'oci' ? MEDIA_TYPE.ociLayerGzip : MEDIA_TYPE.dockerLayerGzip
    case 'zstd':
      return style === 'oci' ? MEDIA_TYPE.ociLayerZstd : MEDIA_TYPE.dockerLayerZstd
  }
}
