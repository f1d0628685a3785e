import { writeTar } from '../archive/tarWriter.ts'
import { RemoteError, UnsupportedByPeerError } from '../api/errorMapping.ts'
import { InvalidValueError } from '../ground/errors.ts'
import { formatReference } from '../ground/reference.ts'
import { DOCKER_MANIFEST_FILE, formatDockerManifest } from '../image/dockerArchive.ts'
import { readManifest } from '../image/imageView.ts'
import { layoutEntries, layoutIndex, type LayoutBlob } from '../image/ociLayout.ts'
import { createAttributeReader } from './internal/attributeReader.ts'
import { entriesTree } from './internal/entriesTree.ts'
import { takeAttestations } from './attestation/attestation.ts'
import type { ClientStore } from './cache/clientStore.ts'
import type { BuildResult, Exporter, ExportProgress } from './exporter.ts'
import type { ExporterDeps } from './exporterDeps.ts'
import { buildImage, documentsOf, imageResponse, type BuiltImage } from './internal/imageBuilder.ts'
import { readImageOptions, readNames, type ImageName, type ImageOptions } from './internal/imageOptions.ts'
import { imageBlobs } from './internal/imageWriter.ts'

/** `docker` is a layout that `docker load` of any age reads too: with a `manifest.json`, of one platform. */
export type LayoutKind = 'oci' | 'docker'

interface Options extends ImageOptions {
  readonly kind: LayoutKind
  readonly names: readonly ImageName[]
  readonly isTar: boolean
}

/** An archive, or with `tar=false` a folder, that goes to the client: BuildKit's exporters `oci` and `docker`. @throws InvalidValueError */
export function createLayoutExporter(deps: ExporterDeps, kind: LayoutKind, exporterIndex: number, attributes: ReadonlyMap<string, string>): Exporter {
  const options = readOptions(kind, attributes)
  return {
    name: kind === 'oci' ? 'exporting to oci image format' : 'exporting to docker image format',
    async export(result, progress, signal) {
      assertSingle(kind, result)
      const built = await buildImage(kind === 'docker' ? withoutAttestations(result, options, progress) : result, options, { deps, progress }, signal)
      const names = options.names.map(({ reference }) => reference)
      const response = new Map([...imageResponse(built), ...(names.length === 0 ? [] : [['image.name', names.map(formatReference).join(',')] as const])])
      const blobs = blobsOf(built, deps, signal)
      const entries = await layoutOf(built, options, { deps, blobs }, signal)
      if (options.isTar) {
        await progress.step('sending tarball', async () => deps.client.sendTar(exporterIndex, response, writeTar(entries), signal))
      } else {
        await progress.step('copying files', async () => {
          if (!(await writeToStore(deps.openClientStore(EXPORT_STORE), blobs, signal))) await deps.client.sendTree(exporterIndex, response, entriesTree(entries), signal)
        })
      }
      return response
    },
  }
}

function readOptions(kind: LayoutKind, values: ReadonlyMap<string, string>): Options {
  const attributes = createAttributeReader(kind, values)
  const image = readImageOptions(attributes, { mediaTypes: kind, takesInlineOnly: false })
  const options = { ...image, kind, names: readNames(attributes), isTar: attributes.flag('tar', true) }
  attributes.ignore('push', 'store', 'load')
  attributes.finish()
  return options
}

function assertSingle(kind: LayoutKind, { platforms, isMultiPlatform }: BuildResult): void {
  if (kind === 'oci' || (platforms.length === 1 && !isMultiPlatform)) return
  throw new InvalidValueError('docker exporter does not currently support exporting manifest lists', { hint: 'use -o type=oci, push with --push, or build for one platform' })
}

/** An archive of Docker's has one manifest; attestations need an index beside it. Those that were asked for are told of. */
function withoutAttestations(result: BuildResult, { takesInlineOnly }: Options, { sink }: ExportProgress): BuildResult {
  if (result.platforms.some(({ attestations }) => takeAttestations(attestations, takesInlineOnly).length > 0)) {
    sink({
      kind: 'warning', vertex: undefined, at: Date.now(), url: undefined, span: undefined,
      message: 'attestations are left out of the archive for Docker, which has no place for them',
      detail: ['Push the image, or write -o type=oci, to keep them.'],
    })
  }
  return { ...result, platforms: result.platforms.map((platform) => ({ ...platform, attestations: [] })) }
}

/** What Go's clients call the folder that takes a layout with `tar=false`; its `index.json` they write themselves. */
const EXPORT_STORE = 'export'

/** Contents first, the root last. False, with nothing written, where the client lends no such store: it takes files then. */
async function writeToStore(store: ClientStore, blobs: readonly LayoutBlob[], signal: AbortSignal): Promise<boolean> {
  try {
    for (const { descriptor, open } of blobs.toReversed()) await store.writeBlob({ ...descriptor, open, onProgress: () => undefined }, signal)
    return true
  } catch (error) {
    if (error instanceof UnsupportedByPeerError || (error instanceof RemoteError && (error.kind === 'denied' || error.kind === 'not-found'))) return false
    throw error
  }
}

/** The root first. */
function blobsOf({ image, packed }: BuiltImage, { blobs }: ExporterDeps, signal: AbortSignal): readonly LayoutBlob[] {
  const documents = documentsOf(image).map((descriptor) => ({ descriptor, repository: undefined }))
  return [...documents, ...imageBlobs(image, packed)].map((blob) => ({ descriptor: blob.descriptor, open: () => blobs.read(blob, signal) }))
}

interface LayoutParts {
  readonly deps: ExporterDeps
  readonly blobs: readonly LayoutBlob[]
}

async function layoutOf({ image }: BuiltImage, { kind, names }: Options, { deps: { content }, blobs }: LayoutParts, signal: AbortSignal): Promise<ReturnType<typeof layoutEntries>> {
  const references = names.map(({ reference }) => reference)
  const files = kind === 'oci' ? [] : [[DOCKER_MANIFEST_FILE, formatDockerManifest(await readManifest(content, image.root, signal), references)] as const]
  return layoutEntries({ index: layoutIndex([{ root: image.root, names: references }]), blobs, files: new Map(files) })
}
