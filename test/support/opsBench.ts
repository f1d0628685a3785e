import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { digestOf } from '../../src/ground/digest.ts'
import type { CopyAction, FileAction, Vertex } from '../../src/graph/vertex.ts'
import { openDatabase } from '../../src/kit/database.ts'
import { createFileOp } from '../../src/ops/fileOp.ts'
import { createMadeCopies, type MadeCopies } from '../../src/ops/files/madeCopies.ts'
import { silentSink } from '../../src/progress/progressSink.ts'
import { createContentHasher, type ContentHasher } from '../../src/snapshot/contentHash.ts'
import { openSnapshots } from '../../src/snapshot/openSnapshots.ts'
import type { SnapshotId, SnapshotStore } from '../../src/snapshot/snapshotStore.ts'
import type { Op, ResultId } from '../../src/solver/op.ts'

const { signal } = new AbortController()

/** A file tree as text: `path` → content, `path/` → nothing, `path@` → where it leads. */
export type Tree = Readonly<Record<string, string>>

export const NO_COPIES: MadeCopies = { find: () => undefined, record: () => undefined }

export interface Bench extends AsyncDisposable {
  readonly root: string
  readonly snapshots: SnapshotStore
  readonly hasher: ContentHasher
  /** A new folder of the host. */
  folder(tree: Tree): string
  snapshot(tree: Tree, parent?: SnapshotId): Promise<SnapshotId>
  read(id: ResultId | undefined): Promise<Tree>
  /** Whole, but for what `madeCopies` knows. */
  run(actions: readonly FileAction[], inputs: readonly SnapshotId[], madeCopies?: MadeCopies): Promise<ResultId | undefined>
  readonly madeCopies: MadeCopies
  stat(id: ResultId | undefined, path: string): Promise<ReturnType<typeof lstatSync>>
}

export async function openBench(backend: 'auto' | 'copy'): Promise<Bench> {
  await using undo = new AsyncDisposableStack()
  const root = mkdtempSync(join(tmpdir(), 'pelago-ops-'))
  undo.defer(() => rmSync(root, { recursive: true, force: true }))
  const database = undo.use(openDatabase(join(root, 'state.db')))
  const { snapshots } = undo.use(await openSnapshots({ root, database, now: Date.now, backend }, signal))
  const hasher = createContentHasher(snapshots, database)
  let folders = 0
  const held = undo.move()
  return {
    root,
    snapshots,
    hasher,
    madeCopies: createMadeCopies(database),
    folder(tree) {
      const path = join(root, `folder${++folders}`)
      writeTree(path, tree)
      return path
    },
    async snapshot(tree, parent) {
      await using mutable = await snapshots.openMutable(parent, signal)
      writeTree(mutable.path, tree)
      return await mutable.commit()
    },
    async read(id) {
      await using view = await snapshots.openView(id as SnapshotId, signal)
      return readTree(view.path)
    },
    async run(actions, inputs, madeCopies = NO_COPIES) {
      const vertex = vertexOf(actions)
      const deps = { snapshots, presence: { ensurePresent: async () => undefined }, hasher, stepTimes: { record: () => undefined }, madeCopies, now: Date.now }
      return (await createFileOp({ kind: 'file', actions }, vertex, deps).execute(inputs, contextOf(vertex), signal))[0]
    },
    async stat(id, path) {
      await using view = await snapshots.openView(id as SnapshotId, signal)
      return lstatSync(join(view.path, path))
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

export function vertexOf(actions: readonly FileAction[]): Vertex {
  return { digest: digestOf('vertex'), op: { kind: 'file', actions }, inputs: [], platform: undefined, note: { name: 'test', ignoreCache: false, span: undefined } }
}

export function contextOf(vertex: Vertex): Parameters<Op['cacheMap']>[0] {
  return { vertex, progress: silentSink, sessionId: 'session' }
}

export function writeTree(root: string, tree: Tree): string {
  mkdirSync(root, { recursive: true })
  for (const [path, content] of Object.entries(tree)) {
    const place = join(root, path.replace(/[/@]$/, ''))
    mkdirSync(dirname(place), { recursive: true })
    if (path.endsWith('/')) mkdirSync(place, { recursive: true })
    else if (path.endsWith('@')) symlinkSync(content, place)
    else writeFileSync(place, content)
  }
  return root
}

export function readTree(root: string, folder = ''): Tree {
  const entries = readdirSync(join(root, folder), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  return Object.assign({}, ...entries.map((entry): Tree => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isSymbolicLink()) return { [`${path}@`]: readlinkSync(join(root, path)) }
    if (!entry.isDirectory()) return { [path]: readFileSync(join(root, path), 'utf8') }
    const inside = readTree(root, path)
    return Object.keys(inside).length === 0 ? { [`${path}/`]: '' } : inside
  })) as Tree
}

export function copy(source: string, target: string, more: Partial<CopyAction> = {}): CopyAction {
  return {
    kind: 'copy', base: { kind: 'input', index: 0 }, output: 0, from: { kind: 'input', index: 1 }, source, target, owner: undefined, mode: undefined, followSymlinks: true,
    copyFolderContents: true, unpackArchives: false, createTargetPath: true, allowWildcard: true, allowEmptyWildcard: true, includePatterns: [], excludePatterns: [], requiredPaths: [], replacesTargets: false, timestampNs: undefined, ...more,
  }
}

export async function changed({ snapshots }: Bench, from: SnapshotId | undefined, change: (path: string) => unknown): Promise<SnapshotId> {
  await using mutable = await snapshots.openMutable(from, signal)
  change(mutable.path)
  return await mutable.commit()
}
