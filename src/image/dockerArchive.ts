import type { Descriptor } from '../ground/oci/descriptor.ts'
import { optionalStringList, requiredString, toObject } from '../ground/jsonValue.ts'
import type { Manifest } from '../ground/oci/manifest.ts'
import { formatFamiliar, type Reference } from '../ground/reference.ts'
import { ImageInvalidError, parseImagePart } from './imageError.ts'
import { formatGoJson } from './internal/goJson.ts'
import { blobPath } from './ociLayout.ts'

/** One image of `manifest.json`, as `docker save` writes it and `docker load` reads it. Paths are those of the archive. */
export interface DockerArchiveImage {
  readonly configPath: string
  readonly repoTags: readonly string[]
  readonly layerPaths: readonly string[]
}

export const DOCKER_MANIFEST_FILE = 'manifest.json'

/** `manifest.json` for an archive that is an OCI layout as well. */
export function formatDockerManifest(manifest: Manifest, names: readonly Reference[]): Uint8Array {
  const image = {
    Config: blobPath(manifest.config),
    RepoTags: names.length === 0 ? null : names.filter(({ tag }) => tag !== undefined).map(formatFamiliar),
    Layers: manifest.layers.map((layer: Descriptor) => blobPath(layer)),
  }
  return formatGoJson([image], 'compact')
}

/** @throws ImageInvalidError */
export function parseDockerManifest(bytes: Uint8Array): readonly DockerArchiveImage[] {
  return parseImagePart('manifest.json', () => {
    const list = parseList(bytes)
    return list.map((value, index) => {
      const object = toObject(value, `manifest.json[${index}]`)
      return {
        configPath: requiredString(object, 'Config'),
        repoTags: optionalStringList(object, 'RepoTags') ?? [],
        layerPaths: optionalStringList(object, 'Layers') ?? [],
      }
    })
  })
}

function parseList(bytes: Uint8Array): readonly unknown[] {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(bytes).toString())
  } catch (error) {
    throw new ImageInvalidError('it is not JSON', { cause: error })
  }
  if (!Array.isArray(value)) throw new ImageInvalidError('it is not a list')
  return value
}
