import type { FoundPackage } from '../../audit/packages/packageInventory.ts'
import { toLicenseExpression } from '../../audit/spdx/licenseExpression.ts'
import { formatTable } from '../format/table.ts'
import { truncate } from '../render/displayText.ts'
import { showStep } from '../sizes/showStep.ts'
import type { PlatformPackages } from './imagePackages.ts'

const LICENSE_COLUMNS = 40
const STEP_COLUMNS = 60

/** Every package once, with the platforms that have it where not all do, and the step that brought it. */
export function formatPackages(platforms: readonly PlatformPackages[]): string {
  const all = platforms.flatMap((platform) => platform.inventory.packages.map((one) => ({ platform, one })))
  if (all.length === 0) return 'no packages were found\n'
  const isMany = platforms.length > 1
  const rows = [...Map.groupBy(all, ({ one: { kind, name, version } }) => JSON.stringify([kind, name, version])).values()]
    .flatMap((group) => group.slice(0, 1).map(({ platform, one }) => ({ platform, one, on: new Set(group.map((found) => found.platform.platform)) })))
    .sort((a, b) => compare(a.one.kind, b.one.kind) || compare(a.one.name, b.one.name) || compare(a.one.version, b.one.version))
    .map(({ platform, one, on }) => [one.name, one.version, one.kind, ...(isMany ? [on.size === platforms.length ? 'all' : [...on].join(', ')] : []), truncate(toLicenseExpression(one.licenses).text.replace('NOASSERTION', '–'), LICENSE_COLUMNS), showOrigin(one, platform)])
  return formatTable(['PACKAGE', 'VERSION', 'KIND', ...(isMany ? ['PLATFORM'] : []), 'LICENSE', 'FROM'], rows)
}

function showOrigin({ places: [place] }: FoundPackage, { subject: { steps, baseLayers } }: PlatformPackages): string {
  if (place === undefined) return ''
  if (baseLayers !== undefined && place.layer < baseLayers) return 'base image'
  const step = steps[place.layer] ?? ''
  return step === '' ? `layer ${place.layer + 1}` : truncate(showStep(step), STEP_COLUMNS)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
