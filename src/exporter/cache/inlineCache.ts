import type { Digest } from '../../ground/digest.ts'
import { formatCacheRecords } from '../../image/buildcache/cacheConfig.ts'
import type { SnapshotStore } from '../../snapshot/snapshotStore.ts'
import type { BuildResult, PlatformResult } from '../exporter.ts'
import type { SolvedCache } from './cacheExporter.ts'

/** The result with a cache in each image's config, whose layers are those of the image: BuildKit's `type=inline`. */
export function withInlineCache(result: BuildResult, solved: SolvedCache, snapshots: Pick<SnapshotStore, 'chain'>): BuildResult {
  return { ...result, platforms: result.platforms.map((platform) => ({ ...platform, config: { ...platform.config, inlineCache: inlineRecords(platform, solved, snapshots) } })) }
}

function inlineRecords({ snapshot }: PlatformResult, { records }: SolvedCache, snapshots: Pick<SnapshotStore, 'chain'>): string {
  const layers = new Map<string, number>((snapshot === undefined ? [] : snapshots.chain(snapshot)).map(({ id }, index) => [id, index]))
  const inline = records.map(({ digest, inputs, result }) => {
    const layer = layers.get(result ?? '')
    return {
      digest: digest as string as Digest,
      inputs: inputs.map((ways) => ways.map(({ record, selector }) => ({ link: record, selector }))),
      results: layer === undefined ? [] : [{ kind: 'layer' as const, layer, createdAt: undefined }],
    }
  })
  return Buffer.from(formatCacheRecords(inline)).toString('base64')
}
