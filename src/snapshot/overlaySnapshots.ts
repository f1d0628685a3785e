import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fromText } from '../kit/byteString.ts'
import { mountOverlay } from '../kit/syscalls/mount.ts'
import { diffOf, type Backend, type MutableTree } from './internal/backend.ts'
import { applyMetadata, NEW_FOLDER, readLayerFile } from './internal/layerFile.ts'
import { createLayerStore } from './internal/layerStore.ts'
import type { SnapshotPlace } from './internal/store/storeContext.ts'
import { unmountTree } from './internal/mounts.ts'
import type { SnapshotStore } from './snapshotStore.ts'

/** Snapshots as overlay mounts in this process's mount namespace. Needs Linux 5.11, and the right to mount: see `openSnapshots`. */
export function createOverlaySnapshots(place: SnapshotPlace): SnapshotStore {
  return createLayerStore(place, overlayBackend)
}

const overlayBackend: Backend = {
  kind: 'overlay',

  async openTree(layers, scratch) {
    const [only, ...others] = layers
    if (only !== undefined && others.length === 0) return { path: diffOf(only), [Symbol.asyncDispose]: async () => undefined }
    mountOverlay({ target: scratch, lower: highestFirst(layers), upper: undefined, options: ['userxattr'] })
    return { path: scratch, [Symbol.asyncDispose]: () => unmountTree(scratch) }
  },

  async openMutable(layers, scratch) {
    const layer = join(scratch, 'layer')
    const upper = diffOf(layer)
    mkdirSync(upper, { recursive: true })
    const top = layers.at(-1)
    const root = fromText(upper)
    // The merged root shows the metadata of the upper folder
    applyMetadata(root, top === undefined ? NEW_FOLDER : readLayerFile(fromText(diffOf(top))), 'folder')
    if (top === undefined) return { path: upper, seal: async () => layer, [Symbol.asyncDispose]: async () => undefined }
    return mountMutable({ layers, scratch, layer })
  },
}

function mountMutable({ layers, scratch, layer }: { readonly layers: readonly string[]; readonly scratch: string; readonly layer: string }): MutableTree {
  const [path, work] = [join(scratch, 'merged'), join(scratch, 'work')]
  mkdirSync(path)
  mkdirSync(work)
  // volatile: no sync at unmount. What a crash of the machine tears is never looked at: the row in the database is missing.
  mountOverlay({ target: path, lower: highestFirst(layers), upper: { folder: diffOf(layer), work }, options: ['userxattr', 'volatile'] })
  let isMounted = true
  const end = async (): Promise<void> => {
    if (isMounted) await unmountTree(path)
    isMounted = false
  }
  return {
    path,
    async seal() {
      await end()
      return layer
    },
    [Symbol.asyncDispose]: end,
  }
}

function highestFirst(layers: readonly string[]): readonly string[] {
  return layers.map(diffOf).reverse()
}
