import type { PackageKind } from './package.ts'
import type { FoundPackage } from './packageInventory.ts'
import { compareVersions, withoutRebuild } from './packageVersion.ts'

/** A package that is not the same on all platforms. */
export interface UnevenPackage {
  readonly kind: PackageKind
  readonly name: string
  readonly difference: 'missing' | 'version'
  /** By platform; none where it is missing. */
  readonly versions: ReadonlyMap<string, readonly string[]>
}

/** What an image of another time or name has otherwise. */
export interface ChangedPackage {
  readonly kind: PackageKind
  readonly name: string
  readonly change: 'added' | 'removed' | 'upgraded' | 'downgraded'
  readonly before: readonly string[]
  readonly after: readonly string[]
}

/** Missing ones first. A package that a distribution has only built again for one architecture is no difference. */
export function findUnevenPackages(platforms: ReadonlyMap<string, readonly FoundPackage[]>): readonly UnevenPackage[] {
  const byPlatform = new Map([...platforms].map(([platform, packages]) => [platform, versionsByName(packages)]))
  const keys = new Map([...byPlatform.values()].flatMap((names) => [...names].map(([key, { kind, name }]) => [key, { kind, name }] as const)))
  const uneven: UnevenPackage[] = []
  for (const [key, { kind, name }] of keys) {
    const versions = new Map([...byPlatform].map(([platform, names]) => [platform, names.get(key)?.versions ?? []]))
    const sets = new Set([...versions.values()].map((list) => JSON.stringify([...new Set(list.map((version) => withoutRebuild(kind, version)))])))
    if (sets.size > 1) uneven.push({ kind, name, difference: sets.has('[]') ? 'missing' : 'version', versions })
  }
  return uneven.sort((a, b) => order(a.difference, b.difference) || order(a.kind, b.kind) || order(a.name, b.name))
}

/** Removed and downgraded ones last. */
export function findChangedPackages(before: readonly FoundPackage[], after: readonly FoundPackage[]): readonly ChangedPackage[] {
  const [old, now] = [versionsByName(before), versionsByName(after)]
  const changed: ChangedPackage[] = []
  for (const [key, { kind, name }] of new Map([...old, ...now])) {
    const [from, to] = [old.get(key)?.versions ?? [], now.get(key)?.versions ?? []]
    if (JSON.stringify(from) !== JSON.stringify(to)) changed.push({ kind, name, change: changeOf(kind, from, to), before: from, after: to })
  }
  return changed.sort((a, b) => CHANGES.indexOf(a.change) - CHANGES.indexOf(b.change) || order(a.kind, b.kind) || order(a.name, b.name))
}

const CHANGES: readonly ChangedPackage['change'][] = ['upgraded', 'added', 'downgraded', 'removed']

/** Of several versions at a time, the newest are compared. */
function changeOf(kind: PackageKind, before: readonly string[], after: readonly string[]): ChangedPackage['change'] {
  const [from, to] = [before.at(-1), after.at(-1)]
  if (from === undefined) return 'added'
  if (to === undefined) return 'removed'
  const newer = compareVersions(kind, to, from)
  return newer > 0 || (newer === 0 && after.length < before.length) ? 'upgraded' : newer === 0 ? 'added' : 'downgraded'
}

interface NamedVersions {
  readonly kind: PackageKind
  readonly name: string
  /** Oldest first, each once. */
  readonly versions: readonly string[]
}

function versionsByName(packages: readonly FoundPackage[]): ReadonlyMap<string, NamedVersions> {
  const groups = Map.groupBy(packages, ({ kind, name }) => `${kind} ${name}`)
  return new Map([...groups].flatMap(([key, group]) => group.slice(0, 1).map(({ kind, name }) => [key, { kind, name, versions: [...new Set(group.map(({ version }) => version))].sort((a, b) => compareVersions(kind, a, b)) }] as const)))
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
