import { formatCanonicalJson, type Json } from '../../ground/canonicalJson.ts'
import { digestOf, type Digest } from '../../ground/digest.ts'
import { formatFileMode } from '../../ground/fileMode.ts'
import { hasWildcard } from '../../ground/pathMatch.ts'
import type { ActionBase, CopyAction, FileAction, Owner } from '../../graph/vertex.ts'
import { fromText } from '../../kit/byteString.ts'
import type { ContentHasher, ContentSelection } from '../../snapshot/contentHash.ts'
import type { SnapshotId, SnapshotStore } from '../../snapshot/snapshotStore.ts'
import type { CacheMap, ContentDigest, InputKey } from '../../solver/op.ts'
import type { LayerPresence } from '../layerPresence.ts'
import { toSnapshot } from '../snapshotResult.ts'
import { hasNames } from './owner.ts'
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
    digest: digestOf(formatCanonicalJson({ kind: 'file', actions: actions.map((action) => actionJson(action, actions)) })),
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
    const lookedUp = owner !== undefined && hasNames(owner) && isInput(owner.lookup, input) ? OWNER_FILES : []
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

function inputKey(actions: readonly FileAction[], input: number, deps: FileKeyDeps): InputKey {
  const selections = selectionsOf(actions, input)
  const selector = selections.length === 0 ? '' : digestOf(formatCanonicalJson(selections.map(selectionJson)))
  const contentDigest: ContentDigest = async (result, context, signal) => {
    const snapshot = toSnapshot(result)
    await deps.presence.ensurePresent(snapshot, context, signal)
    await requireAll(requiredPathsOf(actions, input), snapshot, deps, signal)
    const parts: Digest[] = []
    for (const selection of selections) parts.push(await digestSelection(snapshot, selection, deps, signal))
    return digestOf(parts.join(' '))
  }
  return { selector, contentDigest: countsByContent(actions, input) ? contentDigest : undefined }
}

/** @throws SourceNotFoundError */
async function requireAll(paths: readonly string[], snapshot: SnapshotId | undefined, { snapshots }: FileKeyDeps, signal: AbortSignal): Promise<void> {
  if (paths.length === 0) return
  await using view = await snapshots.openView(snapshot, signal)
  requirePaths(paths, fromText(view.path), snapshot ?? 'scratch')
}

function selectionJson({ path, wildcard, followSymlinks, includePatterns, excludePatterns }: ContentSelection): Json {
  return { path, wildcard, followSymlinks, includePatterns, excludePatterns }
}

function actionJson(action: FileAction, actions: readonly FileAction[]): Json {
  const common = { kind: action.kind, base: baseJson(action.base), output: action.output }
  if (action.kind === 'rm') return { ...common, path: action.path, allowNotFound: action.allowNotFound, allowWildcard: action.allowWildcard }
  const made = { ...common, owner: ownerJson(action.owner), timestampNs: action.timestampNs === undefined ? undefined : `${action.timestampNs}` }
  switch (action.kind) {
    case 'copy':
      return { ...made, ...copyJson(action, actions) }
    case 'mkdir':
      return { ...made, path: action.path, mode: action.mode, makeParents: action.makeParents }
    case 'mkfile':
      return { ...made, path: action.path, mode: action.mode, data: digestOf(action.data) }
    case 'symlink':
      return { ...made, path: action.path, linkTarget: action.linkTarget }
  }
}

function copyJson(action: CopyAction, actions: readonly FileAction[]): Readonly<Record<string, Json | undefined>> {
  const { from, source, target, mode, followSymlinks, copyFolderContents, unpackArchives, createTargetPath, allowWildcard, allowEmptyWildcard, includePatterns, excludePatterns, replacesTargets } = action
  const flags = { followSymlinks, copyFolderContents, unpackArchives, createTargetPath, allowWildcard, allowEmptyWildcard, includePatterns, excludePatterns, replacesTargets }
  const byContent = from.kind === 'input' && countsByContent(actions, from.index)
  // Where the files lay in a source that counts by content says nothing, but for the name that a target folder gives them
  const place = byContent ? { source: lastName(source) } : { source, requiredPaths: action.requiredPaths }
  return { ...flags, from: baseJson(from), ...place, target, mode: mode === undefined ? undefined : formatFileMode(mode) }
}

function lastName(path: string): string {
  return path.split('/').filter((name) => name !== '').at(-1) ?? ''
}

function baseJson(base: ActionBase): Json {
  return base.kind === 'scratch' ? base.kind : `${base.kind} ${base.index}`
}

function ownerJson(owner: Owner | undefined): Json | undefined {
  return owner === undefined ? undefined : { user: owner.user, group: owner.group, lookup: hasNames(owner) ? baseJson(owner.lookup) : undefined }
}
