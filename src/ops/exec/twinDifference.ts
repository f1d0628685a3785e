import { BuildError } from '../../ground/errors.ts'
import { compareLayers, type FileAspect, type FileDifference } from '../../image/difference/layerDifference.ts'
import type { SnapshotId, SnapshotStore } from '../../snapshot/snapshotStore.ts'

/** A path that two results of one step do not have alike, and in what: one that a single result has is in `presence`. */
export interface PathDifference {
  readonly path: string
  readonly aspects: readonly (FileAspect | 'presence')[]
}

export interface ResultPair {
  readonly first: readonly SnapshotId[]
  readonly second: readonly SnapshotId[]
}

export interface ResultFiles {
  readonly snapshots: Pick<SnapshotStore, 'readLayer'>
  /** Of differences. */
  readonly maxHeld: number
}

/** What the layers of two equal steps differ in, times aside, by path. @throws TooManyDifferencesError: what is not held could not be told from what is usual */
export async function compareResults({ first, second }: ResultPair, { snapshots, maxHeld }: ResultFiles, signal: AbortSignal): Promise<readonly PathDifference[]> {
  const found: PathDifference[] = []
  const read = (id: SnapshotId): AsyncIterable<Uint8Array> => snapshots.readLayer(id, { clampTimeSeconds: undefined }, signal)
  for (const [index, id] of first.entries()) {
    const other = second[index]
    if (other === undefined) throw new TypeError('two runs of one step have as many outputs')
    for await (const difference of compareLayers(read(id), read(other), signal)) {
      const aspects = aspectsOf(difference)
      if (aspects.length === 0) continue
      if (found.length === maxHeld) throw new TooManyDifferencesError(maxHeld)
      found.push({ path: difference.path, aspects })
    }
  }
  return found.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

export class TooManyDifferencesError extends BuildError {
  readonly kind = 'step-failed'
  constructor(maxHeld: number) {
    super(`two runs of the step differ in more than ${maxHeld.toLocaleString('en')} files: whether it is the same with native twins cannot be told`, { hint: 'build it without --accelerate=verify, or have it make the same files each time' })
  }
}

function aspectsOf(difference: FileDifference): PathDifference['aspects'] {
  return difference.kind === 'changed' ? difference.aspects.filter((aspect) => aspect !== 'mtime') : ['presence']
}

/** What is not in `usual`, which is what the step differs in without twins, too. Pure. */
export function withoutUsual(differences: readonly PathDifference[], usual: readonly PathDifference[]): readonly PathDifference[] {
  const known = new Map(usual.map(({ path, aspects }) => [path, new Set(aspects)]))
  return differences.flatMap(({ path, aspects }) => {
    const rest = aspects.filter((aspect) => known.get(path)?.has(aspect) !== true)
    return rest.length === 0 ? [] : [{ path, aspects: rest }]
  })
}
