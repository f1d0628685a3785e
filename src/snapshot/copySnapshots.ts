import { lstatSync, mkdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fromText } from '../kit/byteString.ts'
import { applyLayer } from './internal/applyLayer.ts'
import { diffOf, type Backend, type MutableTree } from './internal/backend.ts'
import { writeDifference } from './internal/compareTrees.ts'
import { copyTree, isFolder, removeTree } from './internal/fileTree.ts'
import { applyMetadata, isCode, NEW_FOLDER } from './internal/layerFile.ts'
import { createLayerStore } from './internal/layerStore.ts'
import type { SnapshotPlace } from './internal/store/storeContext.ts'
import type { SnapshotStore } from './snapshotStore.ts'

/**
 * Snapshots without a mount, for where overlayfs is refused. Beside its `diff` a layer gets a `tree` when it is first
 * looked at: hard links to the files of the layers, which nobody changes. What is to be changed is a copy (by reflink
 * where the file system can), and its layer is what differs from the tree it was copied from. Layers are those of
 * `createOverlaySnapshots`: both may use one store.
 */
export function createCopySnapshots(place: SnapshotPlace): SnapshotStore {
  return createLayerStore(place, copyBackend)
}

const copyBackend: Backend = {
  kind: 'copy',
  async openTree(layers, scratch, signal) {
    return { path: await ensureTree(layers, scratch, signal), [Symbol.asyncDispose]: async () => undefined }
  },
  async openMutable(layers, scratch, signal) {
    return layers.length === 0 ? openEmpty(scratch) : openCopy(layers, scratch, signal)
  },
}

function openEmpty(scratch: string): MutableTree {
  const layer = join(scratch, 'layer')
  const path = diffOf(layer)
  mkdirSync(path, { recursive: true })
  applyMetadata(fromText(path), NEW_FOLDER, 'folder')
  return { path, seal: async () => layer, [Symbol.asyncDispose]: async () => undefined }
}

async function openCopy(layers: readonly string[], scratch: string, signal: AbortSignal): Promise<MutableTree> {
  const before = fromText(await ensureTree(layers, scratch, signal))
  const path = join(scratch, 'tree')
  await copyTree(before, fromText(path), 'cloned', signal)
  const copiedNs = await nextTick(join(scratch, 'copied'), signal)
  return {
    path,
    async seal() {
      const layer = join(scratch, 'layer')
      mkdirSync(layer)
      await writeDifference({ before, after: fromText(path), copiedNs }, fromText(diffOf(layer)), signal)
      return layer
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
}

/** The file system's own idea of now, once that is later than what it gave to all that is there: changes within one tick of its clock could not be told apart. */
async function nextTick(path: string, signal: AbortSignal): Promise<bigint> {
  writeFileSync(path, '')
  const status = (): bigint => lstatSync(path, { bigint: true }).ctimeNs
  const before = status()
  for (let now = before; ; now = status()) {
    if (now > before) return now
    await delay(1, undefined, { signal })
    utimesSync(path, 0, 0) // gives it a new status time
  }
}

/** Several may make the same tree at once; the first is kept. */
async function ensureTree(layers: readonly string[], scratch: string, signal: AbortSignal): Promise<string> {
  const known = layers.findLastIndex((layer) => treeOf(layer) !== undefined)
  const start = Math.max(known, 0)
  const [base, top] = [layers[start], layers.at(-1)]
  if (base === undefined || top === undefined) throw new TypeError('a tree has at least one layer')
  const baseTree = treeOf(base) ?? diffOf(base) // the lowest layer hides nothing
  if (start === layers.length - 1) return baseTree
  const made = join(scratch, 'made')
  await copyTree(fromText(baseTree), fromText(made), 'linked', signal)
  for (const layer of layers.slice(start + 1)) await applyLayer(fromText(diffOf(layer)), fromText(made), signal)
  const path = join(top, 'tree')
  try {
    renameSync(made, path)
  } catch (error) {
    if (!isCode(error, 'ENOTEMPTY', 'EEXIST')) throw error
    await removeTree(fromText(made))
  }
  return path
}

function treeOf(layer: string): string | undefined {
  const path = join(layer, 'tree')
  return isFolder(fromText(path)) ? path : undefined
}
