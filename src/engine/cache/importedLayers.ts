import { BlobCorruptError, BlobNotFoundError, type ContentStore } from '../../content/contentStore.ts'
import { parseDigest, type Digest } from '../../ground/digest.ts'
import { textOf, type Database } from '../../kit/database.ts'
import type { SessionRegistries } from '../../ops/layerPresence.ts'
import { parseRepository } from '../../registry/registry.ts'
import { BlobMissingError, RegistryError } from '../../registry/registryError.ts'
import { LayerInvalidError, type LayerBlob, type SnapshotId, type SnapshotStore } from '../../snapshot/snapshotStore.ts'
import type { ResultId } from '../../solver/op.ts'

/** A layer of a result of another machine. */
export interface ImportedLayer {
  readonly snapshot: SnapshotId
  readonly blob: LayerBlob
}

/**
 * Results of other machines that this one has taken, as lazy snapshots: of what each is made, so that it can be made
 * sure of before a build relies on it, and forgotten where that fails.
 */
export interface ImportedLayers {
  /** Makes `layers`, lowest first, known as the snapshots that `result` is the uppermost of. */
  record(result: ResultId, layers: readonly ImportedLayer[]): void
  /** Whether a result is one of these, and not all of its files are here. */
  isPending(result: ResultId): boolean
  /** Whether a result can be had, as far as it is one of these: its layers are here, or where they were. Rejects on abort only. */
  isReachable(result: ResultId, sessionId: string, signal: AbortSignal): Promise<boolean>
  /** Where `error` may come of a layer of it that is not here: forgets where the layers were, and is true. */
  forgetLost(result: ResultId, error: unknown): boolean
}

export interface ImportedLayersDeps {
  readonly database: Database
  readonly snapshots: SnapshotStore
  readonly content: ContentStore
  readonly registries: SessionRegistries
}

const MIGRATIONS = [
  `CREATE TABLE imported_layer (
     result TEXT NOT NULL, snapshot TEXT NOT NULL REFERENCES snapshot (id) ON DELETE CASCADE, digest TEXT NOT NULL, repository TEXT NOT NULL,
     PRIMARY KEY (result, snapshot, digest, repository)) STRICT, WITHOUT ROWID;
   CREATE INDEX imported_layer_by_snapshot ON imported_layer (snapshot)`,
]

interface KnownLayer {
  readonly snapshot: SnapshotId
  readonly digest: Digest
  readonly repository: string | undefined
}

export function createImportedLayers({ database, snapshots, content, registries }: ImportedLayersDeps): ImportedLayers {
  database.migrate('imported-layers', MIGRATIONS)

  /** Those whose files are not here. */
  const lazyLayers = (result: ResultId): readonly KnownLayer[] =>
    database
      .all('SELECT snapshot, digest, repository FROM imported_layer WHERE result = ?', result)
      .map((row) => ({ snapshot: textOf(row, 'snapshot') as SnapshotId, digest: parseDigest(textOf(row, 'digest')), repository: textOf(row, 'repository') || undefined }))
      .filter(({ snapshot }) => snapshots.get(snapshot)?.state === 'lazy')

  return {
    record(result, layers) {
      database.transaction(() => {
        for (const [index, { snapshot, blob }] of layers.entries()) {
          snapshots.registerLazy({ id: snapshot, parent: layers[index - 1]?.snapshot, blob })
          database.run('INSERT OR IGNORE INTO imported_layer VALUES (?, ?, ?, ?)', result, snapshot, blob.descriptor.digest, blob.repository ?? '')
        }
      })
    },
    isPending: (result) => lazyLayers(result).length > 0,
    async isReachable(result, sessionId, signal) {
      const found = await Promise.all(lazyLayers(result).map((layer) => hasBlob(layer, { content, registries, sessionId }, signal)))
      return found.every((isFound) => isFound)
    },
    forgetLost(result, error) {
      if (!tellsOfLoss(error)) return false
      const lost = lazyLayers(result)
      for (const { snapshot, digest, repository } of lost) snapshots.forgetBlob(snapshot, { digest, repository })
      database.run('DELETE FROM imported_layer WHERE result = ?', result)
      return lost.length > 0
    },
  }
}

interface BlobPlaces extends Pick<ImportedLayersDeps, 'content' | 'registries'> {
  readonly sessionId: string
}

/** In the store, or in the repository. */
export async function hasBlob({ digest, repository }: Pick<KnownLayer, 'digest' | 'repository'>, { content, registries, sessionId }: BlobPlaces, signal: AbortSignal): Promise<boolean> {
  if ((await content.sizeBytes(digest, signal)) !== undefined) return true
  if (repository === undefined) return false
  try {
    return await registries.registryFor(sessionId).hasBlob(parseRepository(repository), digest, signal)
  } catch {
    signal.throwIfAborted()
    return false // what does not answer does not have it
  }
}

/** As what a vertex failed with has it. */
function tellsOfLoss(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof BlobCorruptError || cause instanceof BlobNotFoundError || cause instanceof BlobMissingError || cause instanceof LayerInvalidError || cause instanceof RegistryError) return true
  }
  return false
}
