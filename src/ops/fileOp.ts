import { BuildError } from '../ground/errors.ts'
import { formatCanonicalJson, type Json } from '../ground/canonicalJson.ts'
import { digestOf, type Digest } from '../ground/digest.ts'
import { hasWildcard } from '../ground/pathMatch.ts'
import type { ActionBase, CopyAction, FileAction, FileOp, Owner, Vertex } from '../graph/vertex.ts'
import { fromText } from '../kit/byteString.ts'
import type { SnapshotId, SnapshotStore } from '../snapshot/snapshotStore.ts'
import type { ContentDigest, InputKey, Op, ResultId } from '../solver/op.ts'
import type { ContentHasher, ContentSelection } from '../snapshot/contentHash.ts'
import { runFileAction } from './files/fileActions.ts'
import { createFilePlacer } from './files/filePlacer.ts'
import type { FileOwner } from './files/metadata.ts'
import { openLinkSource, type LinkSource } from './files/linkSource.ts'
import { hasNames, lookUpOwner } from './files/owner.ts'
import { sourceNotFound } from './files/sourceHint.ts'
import type { LateCopies } from './files/treeCopy.ts'
import { isSameBase, openWorkplace, type Workplace } from './files/workplace.ts'
import type { LayerPresence } from './layerPresence.ts'
import { toSnapshot } from './snapshotResult.ts'

export interface FileDeps {
  readonly snapshots: SnapshotStore
  readonly presence: LayerPresence
  readonly hasher: ContentHasher
  readonly now: () => number
}

/** COPY, ADD of local files, WORKDIR and what else only moves files: needs no process, and so no platform. */
export function createFileOp({ actions }: FileOp, vertex: Vertex, deps: FileDeps): Op {
  return {
    async cacheMap() {
      return { digest: digestOf(formatCanonicalJson({ kind: 'file', actions: actions.map((action) => actionJson(action, actions)) })), inputs: vertex.inputs.map((_, input) => inputKey(actions, input, deps)) }
    },
    async execute(inputs, context, signal) {
      await Promise.all(inputs.map((input) => deps.presence.ensurePresent(toSnapshot(input), context, signal)))
      await using workplace = openWorkplace(actions, inputs, deps.snapshots, signal)
      for (const [index, action] of actions.entries()) await runAction(index, action, { workplace, nowNs: BigInt(deps.now()) * 1_000_000n }, signal)
      return resultsInOrder(workplace.outputs())
    },
  }
}

interface ActionRun {
  readonly workplace: Workplace
  readonly nowNs: bigint
}

async function runAction(index: number, action: FileAction, { workplace, nowNs }: ActionRun, signal: AbortSignal): Promise<void> {
  const target = await workplace.openTarget(index)
  const view = action.kind === 'copy' ? await workplace.openSource(action.from) : undefined
  const owner = await ownerOf(action, target, workplace)
  const linkSource: LinkSource = view === undefined ? () => undefined : await openLinkSource(view)
  // Only the first action of a layer: a name that is new to it then has no whiteout in the layer's own folder
  const late: LateCopies | undefined = workplace.isFirstOfLayer(index) ? { add: (copy) => workplace.putOff(index, (root) => copy(root, createFilePlacer(linkSource))) } : undefined
  const source = view === undefined ? undefined : fromText(view.path)
  await runFileAction(action, { target, source, owner, placer: createFilePlacer(linkSource), late, nowNs }, signal)
  await workplace.finish(index)
}

function resultsInOrder(outputs: ReadonlyMap<number, SnapshotId>): readonly ResultId[] {
  return [...outputs].sort(([a], [b]) => a - b).map(([, id]) => id)
}

async function ownerOf(action: FileAction, target: Parameters<typeof lookUpOwner>[1], workplace: Workplace): Promise<FileOwner | undefined> {
  const owner = ownerField(action)
  if (owner === undefined) return undefined
  if (!hasNames(owner) || isSameBase(owner.lookup, action.base)) return lookUpOwner(owner, target)
  const view = await workplace.openSource(owner.lookup)
  return lookUpOwner(owner, view === undefined ? undefined : fromText(view.path))
}

function ownerField(action: FileAction): Owner | undefined {
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

function copiedPart({ source, allowWildcard, followSymlinks, includePatterns, excludePatterns }: CopyAction): ContentSelection {
  return { path: source, wildcard: allowWildcard && hasWildcard(source), followSymlinks, includePatterns, excludePatterns }
}

/** By wildcard, so that it is no error where one is missing. */
const OWNER_FILES: readonly ContentSelection[] = ['/etc/passw[d]', '/etc/grou[p]'].map((path) => ({ path, wildcard: true, followSymlinks: true, includePatterns: [], excludePatterns: [] }))

function inputKey(actions: readonly FileAction[], input: number, deps: FileDeps): InputKey {
  const selections = selectionsOf(actions, input)
  const selector = selections.length === 0 ? '' : digestOf(formatCanonicalJson(selections.map(selectionJson)))
  const contentDigest: ContentDigest = async (result, context, signal) => {
    const snapshot = toSnapshot(result)
    await deps.presence.ensurePresent(snapshot, context, signal)
    const parts: Digest[] = []
    for (const selection of selections) parts.push(await digestSelection(snapshot, selection, deps, signal))
    return digestOf(parts.join(' '))
  }
  return { selector, contentDigest: countsByContent(actions, input) ? contentDigest : undefined }
}

/** @throws SourceNotFoundError */
async function digestSelection(snapshot: SnapshotId | undefined, selection: ContentSelection, { hasher, snapshots }: FileDeps, signal: AbortSignal): Promise<Digest> {
  try {
    return await hasher.digest(snapshot, selection, signal)
  } catch (error) {
    if (!(error instanceof BuildError && error.kind === 'not-found')) throw error
    await using view = await snapshots.openView(snapshot, signal)
    throw sourceNotFound(selection.path, fromText(view.path), snapshot ?? 'scratch')
  }
}

function selectionJson({ path, wildcard, followSymlinks, includePatterns, excludePatterns }: ContentSelection): Json {
  return { path, wildcard, followSymlinks, includePatterns, excludePatterns }
}

function actionJson(action: FileAction, actions: readonly FileAction[]): Json {
  const common = { kind: action.kind, base: baseJson(action.base), output: action.output, owner: ownerJson(ownerField(action)) }
  switch (action.kind) {
    case 'copy': {
      const { from, source, target, mode, followSymlinks, copyFolderContents, unpackArchives, createTargetPath, allowWildcard, allowEmptyWildcard, includePatterns, excludePatterns } = action
      const flags = { followSymlinks, copyFolderContents, unpackArchives, createTargetPath, allowWildcard, allowEmptyWildcard, includePatterns, excludePatterns }
      const byContent = from.kind === 'input' && countsByContent(actions, from.index)
      // Where the files lay in a source that counts by content says nothing, but for the name that a target folder gives them
      return { ...common, ...flags, from: baseJson(from), source: byContent ? lastName(source) : source, target, mode }
    }
    case 'mkdir':
      return { ...common, path: action.path, mode: action.mode, makeParents: action.makeParents, timeSeconds: action.timeSeconds }
    case 'mkfile':
      return { ...common, path: action.path, mode: action.mode, data: digestOf(action.data) }
    case 'rm':
      return { ...common, path: action.path, allowNotFound: action.allowNotFound, allowWildcard: action.allowWildcard }
  }
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
