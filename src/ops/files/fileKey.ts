import { digestOf, type Digest } from '../../ground/digest.ts'
import { hasWildcard } from '../../ground/pathMatch.ts'
import type { ActionBase, CopyAction, FileAction, Owner } from '../../graph/vertex.ts'
import { fromText } from '../../kit/byteString.ts'
import { buildkitDigest } from '../../snapshot/buildkitHash.ts'
import type { ContentHasher, ContentSelection } from '../../snapshot/contentHash.ts'
import type { SnapshotId, SnapshotStore } from '../../snapshot/snapshotStore.ts'
import type { CacheMap, ContentDigest, InputKey } from '../../solver/op.ts'
import type { LayerPresence } from '../layerPresence.ts'
import { toSnapshot } from '../snapshotResult.ts'
import { fileDigest } from '../keys/fileDigest.ts'
import { hasNames, lookupsOf } from './owner.ts'
import { digestSelection } from './selectionDigest.ts'
import { requirePaths } from './sourceHint.ts'

export interface FileKeyDeps {
  readonly snapshots: SnapshotStore
  readonly presence: LayerPresence
  readonly hasher: ContentHasher
}

/** How a file op is found again: every option of every action counts, and of what is only read, its content. */
export function fileCacheMap(actions: readonly FileAction[], inputCount: number, deps: FileKeyDeps): CacheMap {
  return {
    digest: fileDigest(actions, inputCount, (input) => countsByContent(actions, input)),
    inputs: Array.from({ length: inputCount }, (_, input) => inputKey(actions, input, deps)),
  }
}

export function ownerField(action: FileAction): Owner | undefined {
  return 'owner' in action ? action.owner : undefined
}

function isInput(base: ActionBase, input: number): boolean {
  return base.kind === 'input' && base.index === input
}

/** An input that an action builds on counts by definition; one that is only read, by what is read of it. */
function countsByContent(actions: readonly FileAction[], input: number): boolean {
  return actions.every(({ base }) => !isInput(base, input))
}

function selectionsOf(actions: readonly FileAction[], input: number): readonly ContentSelection[] {
  return actions.flatMap((action) => {
    const owner = ownerField(action)
    const copied = action.kind === 'copy' && isInput(action.from, input) ? [copiedPart(action)] : []
    const lookedUp = owner !== undefined && hasNames(owner) && lookupsOf(owner).some((base) => isInput(base, input)) ? OWNER_FILES : []
    return [...copied, ...lookedUp]
  })
}

function requiredPathsOf(actions: readonly FileAction[], input: number): readonly string[] {
  return actions.flatMap((action) => (action.kind === 'copy' && isInput(action.from, input) ? action.requiredPaths : []))
}

function copiedPart({ source, allowWildcard, followSymlinks, includePatterns, excludePatterns }: CopyAction): ContentSelection {
  return { path: source, wildcard: allowWildcard && hasWildcard(source), followSymlinks, includePatterns, excludePatterns }
}

/** By wildcard, so that it is no error where one is missing. */
const OWNER_FILES: readonly ContentSelection[] = ['/etc/passw[d]', '/etc/grou[p]'].map((path) => ({ path, wildcard: true, followSymlinks: true, includePatterns: [], excludePatterns: [] }))

/** As they are called in a key. */
const OWNER_NAMES: ReadonlyMap<string, string> = new Map([['/etc/passw[d]', '/etc/passwd'], ['/etc/grou[p]', '/etc/group']])

function inputKey(actions: readonly FileAction[], input: number, deps: FileKeyDeps): InputKey {
  const selections = selectionsOf(actions, input)
  const isReadOnly = countsByContent(actions, input)
  const selector = selections.length === 0 || !isReadOnly ? '' : digestOf(selections.map(({ path }) => OWNER_NAMES.get(path) ?? path).sort().reverse().join('\0')) // as BuildKit names it
  const contentDigest: ContentDigest = async (result, context, signal) => {
    const snapshot = toSnapshot(result)
    await deps.presence.ensurePresent(snapshot, context, signal)
    await requireAll(requiredPathsOf(actions, input), snapshot, deps, signal)
    const parts: Digest[] = []
    for (const selection of selections) parts.push(await digestSelection(snapshot, selection, deps, signal))
    return digestOf(parts.join(' '))
  }
  return { selector, contentDigest: isReadOnly ? contentDigest : undefined, sharedDigest: (result, _context, signal) => buildkitDigest(deps.snapshots, toSnapshot(result), selections, signal) }
}

/** @throws SourceNotFoundError */
async function requireAll(paths: readonly string[], snapshot: SnapshotId | undefined, { snapshots }: FileKeyDeps, signal: AbortSignal): Promise<void> {
  if (paths.length === 0) return
  await using view = await snapshots.openView(snapshot, signal)
  requirePaths(paths, fromText(view.path), snapshot ?? 'scratch')
}
