import { putBytes, type ContentStore } from '../../content/contentStore.ts'
import type { ContentLeases } from '../../content/lease.ts'
import type { Digest } from '../../ground/digest.ts'
import type { BuildRecordStore, KeptBuild } from './buildRecordStore.ts'

/** What is kept of a build, as blobs. */
export interface KeptBlobs {
  readonly events: EventsBlob
  /** In the order in which they were given. */
  readonly attachments: readonly EventsBlob[]
}

export interface BuildContents {
  readonly events: AsyncIterable<Uint8Array>
  readonly attachments: readonly Uint8Array[]
}

export interface EventsBlob {
  readonly digest: Digest
  readonly sizeBytes: number
}

/** The past builds of a store with what happened in them. */
export interface BuildHistory {
  /** Keeps `contents` as blobs, and the build that `describe` makes of them; gives the refs of the builds that had to go. */
  keep(contents: BuildContents, describe: (blobs: KeptBlobs) => KeptBuild, signal: AbortSignal): Promise<readonly string[]>
  get(ref: string): KeptBuild | undefined
  /** The one that began last first. */
  list(): readonly KeptBuild[]
  /** Instead of the build of its ref. */
  replace(build: KeptBuild): void
  /** Whether there was such a build. */
  remove(ref: string, signal: AbortSignal): Promise<boolean>
}

export interface BuildHistoryDeps {
  readonly records: BuildRecordStore
  readonly content: ContentStore
  readonly leases: ContentLeases
  readonly now: () => number
}

export function createBuildHistory({ records, content, leases, now }: BuildHistoryDeps): BuildHistory {
  async function remove({ ref, events, attachments }: KeptBuild, signal: AbortSignal): Promise<boolean> {
    const wasThere = records.remove(ref)
    for (const blob of events === undefined ? attachments : [events, ...attachments]) await content.remove(blob, now() + 1, signal)
    return wasThere
  }
  return {
    async keep({ events, attachments }, describe, signal) {
      await using _lease = await leases.open(signal) // what is used while one is open is not pruned
      await using ingest = await content.openIngest({ resumeKey: undefined }, signal)
      for await (const chunk of events) await ingest.write(chunk)
      const kept: EventsBlob[] = []
      for (const bytes of attachments) kept.push({ digest: await putBytes(bytes, content, signal), sizeBytes: bytes.byteLength })
      records.put(describe({ events: await ingest.commit(undefined), attachments: kept }))
      const surplus = records.surplus()
      for (const build of surplus) await remove(build, signal)
      return surplus.map(({ ref }) => ref)
    },
    get: (ref) => records.get(ref),
    list: () => records.list(),
    replace: (build) => records.put(build),
    async remove(ref, signal) {
      const build = records.get(ref)
      return build !== undefined && (await remove(build, signal))
    },
  }
}
