import { lstatSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { bytesOf, type ByteString } from '../../kit/byteString.ts'
import { compareBytes, joinPath, ROOT, sortedNames } from './bytePath.ts'
import type { TreeEntry } from './fileTree.ts'
import { findLayerFile, readLayerFile, type LayerFile } from './layerFile.ts'

/** An entry of a layer that may be in several folders. */
export interface PartEntry extends TreeEntry {
  /** The folder that has it. */
  readonly part: ByteString
}

/** As `walkTree`, of what overlayfs would make of `parts` (highest first), whiteouts and opaque marks included. */
export async function* walkMerged(parts: readonly ByteString[], signal: AbortSignal, folder: ByteString = ROOT): AsyncGenerator<PartEntry> {
  await nextTurn()
  signal.throwIfAborted()
  for (const [name, holders] of namesIn(parts, folder)) {
    const path = joinPath(folder, name)
    const [part] = holders
    if (part === undefined) continue
    const file = readLayerFile(joinPath(part, path))
    const merged = file.shape.kind === 'folder' ? mergeFolders(path, file, holders) : undefined
    yield { path, file: merged === undefined ? file : { ...file, shape: { kind: 'folder', isOpaque: merged.isOpaque } }, part }
    if (merged !== undefined) yield* walkMerged(merged.parts, signal, path)
  }
}

/** In the order of their bytes, with the parts that have each. */
function namesIn(parts: readonly ByteString[], folder: ByteString): Iterable<readonly [ByteString, readonly ByteString[]]> {
  const [only] = parts
  if (only !== undefined && parts.length === 1) return sortedNames(joinPath(only, folder)).map((name) => [name, parts] as const)
  const holders = new Map<ByteString, ByteString[]>()
  for (const part of parts) {
    for (const name of sortedNames(joinPath(part, folder))) {
      const known = holders.get(name)
      if (known === undefined) holders.set(name, [part])
      else known.push(part)
    }
  }
  return [...holders].sort(([a], [b]) => compareBytes(a, b))
}

/** The parts whose folders of this path are seen as one. What one of them hides, all of them together hide. */
function mergeFolders(path: ByteString, highest: LayerFile, holders: readonly ByteString[]): { readonly parts: readonly ByteString[]; readonly isOpaque: boolean } {
  const merged: ByteString[] = []
  for (const part of holders) {
    const shape = merged.length === 0 ? highest.shape : findLayerFile(joinPath(part, path))?.shape
    if (shape?.kind !== 'folder') return { parts: merged, isOpaque: true }
    merged.push(part)
    if (shape.isOpaque) return { parts: merged, isOpaque: true }
  }
  return { parts: merged, isOpaque: false }
}

/** Where the file stands that is seen at `path`. */
export function placeIn(parts: readonly ByteString[], path: ByteString): ByteString {
  const places = parts.map((part) => joinPath(part, path))
  return places.find((place) => lstatSync(bytesOf(place), { throwIfNoEntry: false }) !== undefined) ?? path
}
