import { asByteString, textOfBytes, type ByteString } from '../../kit/byteString.ts'
import { buildImageTree, type FoundFile, type ImageTree } from '../tree/imageTree.ts'
import type { Distribution, FileEvidence } from './fileEvidence.ts'
import { layersOfPackages, type LayerOfPackage } from './layersOfPackages.ts'
import type { Package } from './package.ts'
import { formatPurl } from './purl.ts'
import type { LayerEvidence } from './readLayerEvidence.ts'

/** What packages an image of one platform holds, in the order of kind, name and version. */
export interface PackageInventory {
  readonly distribution: Distribution | undefined
  readonly packages: readonly FoundPackage[]
  /** Files that ought to name packages, and were not understood. */
  readonly unread: readonly UnreadFile[]
  /** Layers of which nothing is known. */
  readonly unreadLayers: number
}

export interface FoundPackage extends Package {
  readonly purl: string
  /** Each file that names it; the first in order of path. */
  readonly places: readonly PackagePlace[]
}

export interface PackagePlace {
  /** With a slash in front. */
  readonly path: string
  /** Which layer brought the package, from 0: not which one wrote the database last. */
  readonly layer: number
}

export interface UnreadFile {
  readonly path: string
  readonly reason: string
}

/** Of layers, lowest first; undefined is one of which nothing is known. */
export function takeInventory(layers: readonly (LayerEvidence | undefined)[]): PackageInventory {
  const tree = buildImageTree(layers)
  const files = [...tree.files()].filter(({ node }) => node.entry.content.kind !== 'nothing').toSorted(byPath)
  const owned = new Set(files.flatMap(({ node }) => (node.entry.content.kind === 'packages' ? node.entry.content.owned : [])))
  const distribution = findDistribution(tree)
  const found = files.filter(({ path }) => !owned.has(withoutSlash(path)))
  return {
    distribution,
    packages: gatherPackages(found, { distribution, layerOf: layersOfPackages(layers), licensesOf: (one) => findLicenses(tree, one) }),
    unread: found.flatMap(({ path, node: { entry } }) => (entry.content.kind === 'unread' ? [{ path: textOfBytes(path), reason: entry.content.reason }] : [])),
    unreadLayers: layers.filter((layer) => layer === undefined).length,
  }
}

interface Surroundings {
  readonly distribution: Distribution | undefined
  readonly layerOf: LayerOfPackage
  readonly licensesOf: (one: Package) => readonly string[]
}

/** A package that several files name is one package. */
function gatherPackages(files: readonly FoundFile<FileEvidence>[], { distribution, layerOf, licensesOf }: Surroundings): readonly FoundPackage[] {
  const found = new Map<string, FoundPackage>()
  for (const { path, node } of files) {
    const { content } = node.entry
    for (const one of content.kind === 'packages' ? content.packages : []) {
      const purl = formatPurl(one, distribution)
      const place = { path: textOfBytes(path), layer: layerOf(node.entry, one) ?? node.layer }
      const before = found.get(purl)
      if (before === undefined) found.set(purl, { ...one, licenses: one.licenses.length > 0 ? one.licenses : licensesOf(one), purl, places: [place] })
      else found.set(purl, { ...before, places: [...before.places, place] })
    }
  }
  return [...found.values()].sort((a, b) => compareText(a.kind, b.kind) || compareText(a.name, b.name) || compareText(a.purl, b.purl))
}

/** Debian has licences in files beside its database. */
function findLicenses(tree: ImageTree<FileEvidence>, { kind, name }: Package): readonly string[] {
  if (kind !== 'deb') return []
  const node = tree.find(`usr/share/doc/${name}/copyright`)?.node
  return node?.kind === 'file' && node.entry.content.kind === 'licenses' ? node.entry.content.licenses : []
}

function findDistribution(tree: ImageTree<FileEvidence>): Distribution | undefined {
  for (const path of ['etc/os-release', 'usr/lib/os-release']) {
    const node = tree.find(path)?.node
    if (node?.kind === 'file' && node.entry.content.kind === 'os-release') return node.entry.content.distribution
  }
  return undefined
}

function withoutSlash(path: ByteString): ByteString {
  return asByteString(path.slice(1))
}

function byPath(a: FoundFile<unknown>, b: FoundFile<unknown>): number {
  return compareText(a.path, b.path)
}

/** By code unit: the same everywhere. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
