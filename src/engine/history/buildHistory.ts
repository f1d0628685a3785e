import type { ContentStore } from '../../content/contentStore.ts'
import type { ContentLeases } from '../../content/lease.ts'
import type { Digest } from '../../ground/digest.ts'
import type { BuildRecordStore, KeptBuild } from './buildRecordStore.ts'

export interface EventsBlob {
  readonly digest: Digest
  readonly sizeBytes: number
}

/** The past builds of a store with what happened in them. */
export interface BuildHistory {
  /** Keeps `events` as a blob, and the build that `describe` makes of it; gives the refs of the builds that had to go. */
  keep(events: AsyncIterable<Uint8Array>, describe: (events: EventsBlob) => KeptBuild, signal: AbortSignal): Promise<readonly string[]>
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
  async function remove({ ref, events }: KeptBuild, signal: AbortSignal): Promise<boolean> {
    const wasThere = records.remove(ref)
    if (events !== undefined) await content.remove(events, now() + 1, signal)
    return wasThere
  }
  return {
    async keep(events, describe, signal) {
      await using _lease = await leases.open(signal) // what is used while one is open is not pruned
      await using ingest = await content.openIngest({ resumeKey: undefined }, signal)
      for await (const chunk of events) await ingest.write(chunk)
      records.put(describe(await ingest.commit(undefined)))
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
