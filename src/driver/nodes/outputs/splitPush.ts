import { parseDigest } from '../../../ground/digest.ts'
import { formatReference, formatRepository, parseReference, type Reference } from '../../../ground/reference.ts'
import { createRegistryBlobs } from '../../../registry/registryBlobs.ts'
import type { Registry } from '../../../registry/registry.ts'
import type { OutputRequest } from '../../driver.ts'
import { flagOf } from './flagOf.ts'
import { mergeIndexes, type MergedIndex, type PartIndex } from './mergedIndex.ts'
import type { DonePart, MergeParts, SplitOutput } from './splitOutput.ts'

/**
 * Pushes of one image of all platforms, to all places that `outputs` name: each engine pushes its own by digest, to every
 * repository; then the index of all is put under the tags, once each repository has all of it. So a tag never names a part.
 */
export function createSplitPush(outputs: readonly [OutputRequest, ...OutputRequest[]], { openRegistry }: Pick<MergeParts, 'openRegistry'>): SplitOutput {
  const places = outputs.flatMap(placesOf)
  const repositories = Map.groupBy(places, ({ target }) => formatRepository(target))
  const attributes = new Map([...outputs[0].attributes, ['name', [...repositories.keys()].join(',')], ['push', 'true'], ['push-by-digest', 'true']] as const)
  return {
    requestFor: () => ({ ...outputs[0], attributes }),
    async merge(build, signal) {
      await using registry = await openRegistry()
      const merged: { readonly index: MergedIndex; readonly targets: readonly PushPlace[] }[] = []
      for (const targets of repositories.values()) {
        const [first] = targets
        if (first !== undefined) merged.push({ targets, index: await mergeIndexes(await findParts(registry, first.target, build.parts, signal), build, signal) })
      }
      for (const { index, targets } of merged) {
        for (const { target, isByDigest } of targets) await registry.pushManifest(isByDigest ? { ...target, tag: undefined, digest: index.root.digest } : target, index.root.mediaType, index.bytes, signal)
      }
      const [first] = merged
      if (first === undefined) return undefined
      return { root: first.index.root, platforms: first.index.platforms, names: places.map(({ target, isByDigest }) => (isByDigest ? formatRepository(target) : formatReference(target))).join(',') }
    },
  }
}

interface PushPlace {
  readonly target: Reference
  readonly isByDigest: boolean
}

function placesOf({ attributes }: OutputRequest): readonly PushPlace[] {
  const isByDigest = flagOf(attributes, 'push-by-digest', false)
  return (attributes.get('name') ?? '').split(',').filter((name) => name !== '').map((name) => ({ target: parseReference(name), isByDigest }))
}

async function findParts(registry: Registry, target: Reference, parts: readonly DonePart[], signal: AbortSignal): Promise<readonly PartIndex[]> {
  const found: PartIndex[] = []
  for (const { response } of parts) {
    const reference: Reference = { ...target, tag: undefined, digest: parseDigest(response.get('containerimage.digest') ?? '') }
    const root = await registry.resolve(reference, signal)
    found.push({ root, blobs: createRegistryBlobs(registry, reference, root) })
  }
  return found
}
