import type { FileEntry } from '../facts/layerFacts.ts'
import type { FileEvidence } from './fileEvidence.ts'
import type { Package } from './package.ts'
import type { LayerEvidence } from './readLayerEvidence.ts'

/** Which layer brought a package that the database `entry` names; undefined where `entry` is none of the layers'. */
export type LayerOfPackage = (entry: FileEntry<FileEvidence>, one: Package) => number | undefined

/**
 * A database is written anew by each layer that installs something, so a package came with the lowest layer from which
 * on every copy of the database names that version.
 */
export function layersOfPackages(layers: readonly (LayerEvidence | undefined)[]): LayerOfPackage {
  const copies = new Map<string, Copy[]>()
  for (const [layer, evidence] of layers.entries()) {
    for (const entry of evidence?.entries ?? []) {
      if (entry.kind !== 'file' || entry.content.kind !== 'packages') continue
      const copy = { entry, layer, versions: new Set(entry.content.packages.map(versionOf)) }
      copies.set(entry.path, [...(copies.get(entry.path) ?? []), copy])
    }
  }
  return (entry, one) => {
    const all = copies.get(entry.path) ?? []
    let at = all.findIndex((copy) => copy.entry === entry)
    while (at > 0 && all[at - 1]?.versions.has(versionOf(one)) === true) at -= 1
    return all[at]?.layer
  }
}

interface Copy {
  readonly entry: FileEntry<FileEvidence>
  readonly layer: number
  readonly versions: ReadonlySet<string>
}

function versionOf({ name, version, architecture }: Package): string {
  return JSON.stringify([name, version, architecture])
}
