import { toLicenseExpression } from '../../audit/spdx/licenseExpression.ts'
import type { FoundPackage } from '../../audit/packages/packageInventory.ts'
import type { SbomReport } from './sbomReport.ts'
import type { PlatformPackages } from './imagePackages.ts'

/** For programs: one document; docs/sbom.md has its fields. Layers are counted from 0. */
export function sbomJson({ name, from, platforms, uneven, comparison }: SbomReport): string {
  const document = {
    image: name,
    from,
    platforms: platforms.map((platform, index) => ({ ...toPlatform(platform), changes: comparison === undefined ? undefined : (comparison.changes[index] ?? null) })),
    differences: uneven?.map(({ versions, ...one }) => ({ ...one, versions: Object.fromEntries(versions) })),
    against: comparison?.against,
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}

function toPlatform({ platform, digest, subject, inventory }: PlatformPackages): object {
  const { distribution, packages, unread, unreadLayers } = inventory
  return { platform, digest, distribution: distribution ?? null, packages: packages.map((one) => toPackage(one, subject.baseLayers)), unread, unreadLayers }
}

function toPackage({ kind, name, version, architecture, source, licenses, supplier, homepage, purl, places }: FoundPackage, baseLayers: number | undefined): object {
  return {
    kind,
    name,
    version,
    architecture,
    source,
    license: toLicenseExpression(licenses).text,
    declaredLicenses: licenses,
    supplier,
    homepage,
    purl,
    places: places.map(({ path, layer }) => ({ path, layer, isBase: baseLayers === undefined ? null : layer < baseLayers })),
  }
}
