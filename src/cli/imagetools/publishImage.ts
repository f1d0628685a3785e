import type { Digest } from '../../ground/digest.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'
import { formatFamiliar, formatRepository, type Reference } from '../../ground/reference.ts'
import { createLimit } from '../../kit/limit.ts'
import { copyImage } from '../../registry/copy/copyImage.ts'
import type { Registry } from '../../registry/registry.ts'
import { createPlacedBlobs, type PlacedBlob } from '../../registry/registryBlobs.ts'
import type { CommandContext } from '../command.ts'
import { openTransferDisplay } from '../registry/transferDisplay.ts'
import type { ProgressMode } from '../render/progressMode.ts'

export interface Publication {
  readonly root: Descriptor
  /** The root's bytes where no registry has them. */
  readonly document: Uint8Array | undefined
  /** Where the root, or what it names, can be read. */
  readonly places: readonly PlacedBlob[]
  readonly tags: readonly Reference[]
  /** What the first tag must name still when it is moved. */
  readonly replaces: Digest | undefined
  readonly progress: ProgressMode
}

/** As many blobs at once as Docker has. */
const TRANSFERS = 4

/** What some tags of one repository name now. */
export interface Published {
  readonly tags: readonly Reference[]
  /** Not what was asked for where the registry takes no image of that form. */
  readonly root: Descriptor
  /** What became of manifests that are others there, by their own digest. */
  readonly replaced: ReadonlyMap<Digest, Descriptor>
  /** Shown already, where progress is. */
  readonly warnings: readonly string[]
}

/** Copies what is not there and puts the root under each tag, repository by repository. @throws TagMovedError; RegistryError */
export async function publishImage(registry: Registry, publication: Publication, context: CommandContext, signal: AbortSignal): Promise<readonly Published[]> {
  const { root, document, places, tags, replaces, progress } = publication
  const limit = createLimit(TRANSFERS)
  const published: Published[] = []
  for (const [reference, ...others] of Map.groupBy(tags, formatRepository).values()) {
    if (reference === undefined) continue
    using display = openTransferDisplay(`pushing ${[reference, ...others].map(formatFamiliar).join(', ')}`, progress, context)
    const copy = {
      root,
      document,
      from: createPlacedBlobs(registry, nearestFirst(places, reference)),
      reference,
      otherTags: others.flatMap(({ tag }) => tag ?? []),
      replaces: reference === tags[0] ? replaces : undefined,
      limit,
      onProgress: ({ id, action, currentBytes, totalBytes, state }: Parameters<Parameters<typeof copyImage>[1]['onProgress']>[0]) =>
        display.progress({ id, action, current: BigInt(currentBytes), total: BigInt(totalBytes), done: state === 'done' }),
    }
    const pushed = await copyImage(registry, copy, signal)
    for (const warning of pushed.warnings) display.warn(warning)
    display.done()
    published.push({ tags: [reference, ...others], ...pushed })
  }
  return published
}

/** What stands in the target need not be copied, and what stands at its host can be mounted. */
function nearestFirst(places: readonly PlacedBlob[], target: Reference): readonly PlacedBlob[] {
  const distance = ({ repository }: PlacedBlob): number => (repository.host !== target.host ? 2 : repository.repository !== target.repository ? 1 : 0)
  return places.toSorted((a, b) => distance(a) - distance(b))
}
