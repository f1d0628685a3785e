import type { ChangedPackage } from '../../audit/packages/comparePackages.ts'
import { formatTable } from '../format/table.ts'
import { neutralize } from '../render/displayText.ts'
import type { PlatformPackages } from './imagePackages.ts'
import type { PackageComparison } from './sbomReport.ts'

/** What came, went and changed since another image; platforms with the same changes together. */
export function formatChanges({ against, changes }: PackageComparison, platforms: readonly PlatformPackages[]): string {
  const all = platforms.map(({ platform }, index) => ({ platform, list: changes[index] }))
  return [...Map.groupBy(all, ({ list }) => JSON.stringify(list ?? null)).values()].map((group) => formatGroup(group.map(({ platform }) => platform), group[0]?.list, against)).join('\n')
}

function formatGroup(platforms: readonly string[], changes: readonly ChangedPackage[] | undefined, against: string): string {
  const where = platforms.join(', ')
  if (changes === undefined) return `${neutralize(`${where}: ${against} has nothing for it`)}\n`
  if (changes.length === 0) return `${neutralize(`${where} since ${against}: the same packages`)}\n`
  const counts = [...Map.groupBy(changes, ({ change }) => change)].map(([change, list]) => `${list.length} ${change}`)
  const rows = changes.map(({ kind, name, change, before, after }) => [change, name, kind, before.join(', ') || '–', after.join(', ') || '–'])
  return `${neutralize(`${where} since ${against}: ${counts.join(', ')}`)}\n${formatTable(['CHANGE', 'PACKAGE', 'KIND', 'BEFORE', 'AFTER'], rows)}`
}
