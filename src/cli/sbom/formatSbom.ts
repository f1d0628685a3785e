import type { UnevenPackage } from '../../audit/packages/comparePackages.ts'
import type { PackageKind } from '../../audit/packages/package.ts'
import { formatTable } from '../format/table.ts'
import { neutralize } from '../render/displayText.ts'
import { formatChanges } from './formatChanges.ts'
import { formatPackages } from './formatPackages.ts'
import type { PlatformPackages } from './imagePackages.ts'
import type { SbomReport } from './sbomReport.ts'

/** For people: what is in it, and where platforms part; of a comparison that alone. */
export function formatSbom(report: SbomReport, isComparingPlatforms: boolean): string {
  const { name, from, platforms, uneven, comparison } = report
  const head = `${neutralize(`${name} (${from})`)}\n${formatPlatforms(platforms)}${formatUnread(platforms)}`
  if (comparison !== undefined) return `${head}\n${formatChanges(comparison, platforms)}`
  const differences = uneven === undefined ? '' : `\n${formatUneven(uneven, platforms)}`
  return isComparingPlatforms ? `${head}${differences}` : `${head}${differences}\n${formatPackages(platforms)}`
}

function formatPlatforms(platforms: readonly PlatformPackages[]): string {
  const kinds = KINDS.filter((kind) => platforms.some(({ inventory }) => inventory.packages.some((one) => one.kind === kind)))
  const rows = platforms.map(({ platform, inventory: { packages, distribution } }) => [
    platform,
    String(packages.length),
    ...kinds.map((kind) => String(packages.filter((one) => one.kind === kind).length)),
    distribution === undefined ? '–' : distribution.prettyName || `${distribution.id} ${distribution.versionId}`,
  ])
  return formatTable(['PLATFORM', 'PACKAGES', ...kinds.map((kind) => kind.toUpperCase()), 'DISTRIBUTION'], rows)
}

const KINDS: readonly PackageKind[] = ['deb', 'apk', 'rpm', 'npm', 'pypi', 'gem', 'golang', 'cargo']

/** What may be missing in all that follows. */
function formatUnread(platforms: readonly PlatformPackages[]): string {
  const lines = platforms.flatMap(({ platform, inventory: { unread, unreadLayers } }) => [
    ...unread.map(({ path, reason }) => `not read on ${platform}: ${path}: ${reason}`),
    ...(unreadLayers === 0 ? [] : [`not read on ${platform}: ${unreadLayers === 1 ? '1 layer that is' : `${unreadLayers} layers that are`} not here`]),
  ])
  return lines.map((line) => `${neutralize(line)}\n`).join('')
}

function formatUneven(uneven: readonly UnevenPackage[], platforms: readonly PlatformPackages[]): string {
  if (uneven.length === 0) return 'all platforms have the same packages in the same versions\n'
  const names = platforms.map(({ platform }) => platform)
  const rows = uneven.map(({ kind, name, versions }) => [name, kind, ...names.map((platform) => showVersions(versions.get(platform) ?? []))])
  return formatTable(['NOT THE SAME EVERYWHERE', 'KIND', ...names.map((name) => name.replace(/^linux\//, '').toUpperCase())], rows)
}

function showVersions(versions: readonly string[]): string {
  return versions.length === 0 ? '–' : versions.join(', ')
}
