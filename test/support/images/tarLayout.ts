import { createHash } from 'node:crypto'
import { link, mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseDigest, type Digest } from '../../../src/ground/digest.ts'
import { describeBlob, type Descriptor } from '../../../src/ground/oci/descriptor.ts'
import { EMPTY_CONTAINER_CONFIG, emptyImageConfig, type ContainerConfig } from '../../../src/ground/oci/imageConfig.ts'
import { MEDIA_TYPE } from '../../../src/ground/oci/mediaType.ts'
import { parsePlatform } from '../../../src/ground/platform.ts'
import { formatImageConfig } from '../../../src/image/imageConfigJson.ts'
import { formatIndex, formatManifest } from '../../../src/image/manifestJson.ts'
import { hashFile } from './archives.ts'

export interface TarImage {
  readonly platform: string
  /** Files, lowest first; on the file system of the layout. */
  readonly layers: readonly string[]
  readonly config?: Partial<ContainerConfig>
}

/** An OCI layout in the new folder `folder`, of an image whose layers are these tars, packed no further. */
export async function writeTarLayout(folder: string, images: readonly TarImage[]): Promise<void> {
  const blobs = join(folder, 'blobs/sha256')
  await mkdir(blobs, { recursive: true })
  const put = async (mediaType: string, bytes: Uint8Array): Promise<Descriptor> => {
    const hex = createHash('sha256').update(bytes).digest('hex')
    await writeFile(join(blobs, hex), bytes)
    return describeBlob(mediaType, parseDigest(`sha256:${hex}`), bytes.byteLength)
  }
  const manifests: Descriptor[] = []
  for (const { platform: text, layers: paths, config: container } of images) {
    const platform = parsePlatform(text)
    const layers: Descriptor[] = []
    for (const path of paths) {
      const digest: Digest = parseDigest(`sha256:${await hashFile(path)}`)
      await link(path, join(blobs, digest.slice('sha256:'.length))).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      })
      layers.push(describeBlob(MEDIA_TYPE.ociLayer, digest, (await stat(path)).size))
    }
    const config = await put(MEDIA_TYPE.ociConfig, formatImageConfig({ ...emptyImageConfig(platform), container: { ...EMPTY_CONTAINER_CONFIG, ...container }, diffIds: layers.map(({ digest }) => digest) }))
    const manifest = formatManifest({ mediaType: MEDIA_TYPE.ociManifest, artifactType: undefined, config, layers, subject: undefined, annotations: new Map() })
    manifests.push({ ...(await put(MEDIA_TYPE.ociManifest, manifest)), platform })
  }
  const index = (entries: readonly Descriptor[]): Uint8Array => formatIndex({ mediaType: MEDIA_TYPE.ociIndex, artifactType: undefined, manifests: entries, subject: undefined, annotations: new Map() })
  await writeFile(join(folder, 'index.json'), index([await put(MEDIA_TYPE.ociIndex, index(manifests))]))
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
}
