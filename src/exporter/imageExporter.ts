import { InvalidValueError } from '../ground/errors.ts'
import { formatFamiliar, formatReference, formatRepository } from '../ground/reference.ts'
import { createAttributeReader } from './internal/attributeReader.ts'
import type { Exporter } from './exporter.ts'
import type { ExporterDeps } from './exporterDeps.ts'
import { createEarlyPush } from './internal/earlyPush.ts'
import { buildImage, imageResponse } from './internal/imageBuilder.ts'
import { readImageOptions, readNames, type ImageName, type ImageOptions } from './internal/imageOptions.ts'
import { pushToTargets } from './internal/imagePush.ts'

interface Options extends ImageOptions {
  readonly names: readonly ImageName[]
  readonly isPushed: boolean
  readonly isByDigest: boolean
  /** Whether the names are entered in the local image store. */
  readonly isStored: boolean
}

/** Into the local image store, to registries, or both: BuildKit's exporter `image`. @throws InvalidValueError */
export function createImageExporter(deps: ExporterDeps, attributes: ReadonlyMap<string, string>): Exporter {
  const options = readOptions(attributes)
  return {
    name: 'exporting to image',
    async export(result, progress, signal) {
      const references = options.names.map(({ reference }) => reference)
      const [first] = options.isPushed ? references : []
      await using early = first === undefined ? undefined : createEarlyPush(deps.registry, first, signal)
      const built = await buildImage(result, { ...options, follow: early?.follow }, { deps, progress }, signal)
      const { root } = built.image
      for (const reference of options.isStored ? references : []) {
        await progress.step(`naming to ${formatReference(reference)}`, async () => deps.images.tag(reference, root))
      }
      const targets = options.isByDigest ? references.map((reference) => ({ ...reference, tag: undefined, digest: root.digest })) : references
      const image = options.isPushed ? await pushToTargets(built, { targets, early }, { deps, progress }, signal) : built.image
      const names = references.map(options.isByDigest ? formatRepository : formatReference).join(',')
      return new Map([...imageResponse({ ...built, image }), ...(names === '' ? [] : [['image.name', names] as const])])
    },
  }
}

function readOptions(values: ReadonlyMap<string, string>): Options {
  const attributes = createAttributeReader('image', values)
  const image = readImageOptions(attributes, { mediaTypes: 'oci', takesInlineOnly: true })
  const names = readNames(attributes)
  const isPushed = attributes.flag('push', false)
  const isByDigest = attributes.flag('push-by-digest', false)
  const isStored = attributes.flag('store', true) && !isByDigest
  attributes.ignore('dangling-name-prefix', 'danging-name-empty-only', 'dangling-name-empty-only')
  attributes.finish()
  if (isPushed && names.length === 0) throw new InvalidValueError('an image without a name cannot be pushed', { hint: 'add -t registry/name:tag' })
  const tagged = isByDigest ? names.find(({ hasTag }) => hasTag) : undefined
  if (tagged !== undefined) throw new InvalidValueError(`push-by-digest: ${formatFamiliar(tagged.reference)} has a tag`, { hint: 'leave out the tag' })
  return { ...image, names, isPushed, isByDigest, isStored }
}
