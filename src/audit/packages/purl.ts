import { formatPackageUrl } from '../../ground/packageUrl.ts'
import type { Distribution } from './fileEvidence.ts'
import type { Package } from './package.ts'

/**
 * The package URL of a package (github.com/package-url/purl-spec). Packages of a distribution tell which one, and from
 * which source package they are, as other scanners do.
 */
export function formatPurl(one: Package, distribution: Distribution | undefined): string {
  const { namespace, qualifiers, ...parts } = partsOf(one, distribution)
  return formatPackageUrl({ type: one.kind, namespace: namespace.join('/'), qualifiers: new Map(Object.entries(qualifiers)), ...parts })
}

interface PurlParts {
  readonly namespace: readonly string[]
  readonly name: string
  readonly version: string
  readonly qualifiers: Readonly<Record<string, string>>
}

function partsOf(one: Package, distribution: Distribution | undefined): PurlParts {
  const { kind, name, version } = one
  switch (kind) {
    case 'deb':
    case 'apk':
      return { namespace: [distribution?.id ?? (kind === 'deb' ? 'debian' : 'alpine')], name: name.toLowerCase(), version, qualifiers: systemQualifiers(one, distribution) }
    case 'rpm':
      return rpmParts(one, distribution)
    case 'npm':
      return pathParts(name.toLowerCase(), version)
    case 'golang':
      return pathParts(name, version)
    case 'pypi':
      return { namespace: [], name: name.toLowerCase().replaceAll('_', '-'), version, qualifiers: {} }
    case 'cargo':
    case 'gem':
      return { namespace: [], name, version, qualifiers: {} }
  }
}

/** The epoch is a qualifier, and no part of the version. */
function rpmParts(one: Package, distribution: Distribution | undefined): PurlParts {
  const [, epoch = '', version = one.version] = /^(\d+):(.*)$/.exec(one.version) ?? []
  const namespace = distribution === undefined ? [] : [RPM_VENDORS.get(distribution.id) ?? distribution.id]
  return { namespace, name: one.name, version, qualifiers: { ...systemQualifiers(one, distribution), epoch: epoch === '0' ? '' : epoch } }
}

/** The last name of a path is the package's. */
function pathParts(path: string, version: string): PurlParts {
  const names = path.split('/').filter((part) => part !== '')
  return { namespace: names.slice(0, -1), name: names.at(-1) ?? '', version, qualifiers: {} }
}

/** Of rpm, whose namespace is the vendor, where that is not called as the distribution is. */
const RPM_VENDORS: ReadonlyMap<string, string> = new Map([
  ['rhel', 'redhat'],
  ['opensuse-leap', 'opensuse'],
  ['opensuse-tumbleweed', 'opensuse'],
])

function systemQualifiers({ architecture, source, version }: Package, distribution: Distribution | undefined): Readonly<Record<string, string>> {
  const release = distribution === undefined ? '' : distribution.versionId === '' ? distribution.id : `${distribution.id}-${distribution.versionId}`
  return { arch: architecture, distro: release, upstream: source === undefined ? '' : source.version === '' || source.version === version ? source.name : `${source.name}@${source.version}` }
}
