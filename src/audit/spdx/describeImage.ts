import { digestHex, digestOf, type Digest } from '../../ground/digest.ts'
import { formatEpochTime } from '../../ground/quantity/sourceDateEpoch.ts'
import { VERSION } from '../../ground/version.ts'
import type { FoundPackage, PackageInventory } from '../packages/packageInventory.ts'
import { toLicenseExpression, type LicenseExpression } from './licenseExpression.ts'
import type { SpdxDocument, SpdxPackage, SpdxRelationship } from './spdxDocument.ts'

/** What a document is about: one platform's image, or a stage of a build. */
export interface SbomSubject {
  /** As people call it. */
  readonly name: string
  /** `linux/arm64` */
  readonly platform: string
  /** Of the manifest; undefined where there is none yet. */
  readonly digest: Digest | undefined
  /** Of its layers, lowest first; '' where what made one is not known. */
  readonly steps: readonly string[]
  /** How many of the layers are the base image's; undefined where that is not known. */
  readonly baseLayers: number | undefined
  /** Seconds since 1970, never the wall clock's: equal images have equal documents. */
  readonly createdSeconds: number
}

const ROOT = 'SPDXRef-DocumentRoot-Image'
const SYSTEM = 'SPDXRef-OperatingSystem'

/** The document of one image: the same bytes for the same subject and the same packages. */
export function describeImage(subject: SbomSubject, inventory: PackageInventory): SpdxDocument {
  const found = inventory.packages.map((one) => ({ one, license: toLicenseExpression(one.licenses) }))
  const packages = [toRoot(subject), ...toSystem(inventory), ...found.map(({ one, license }) => toPackage(one, license, subject))]
  const relationships: readonly SpdxRelationship[] = [
    { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: ROOT },
    ...packages.slice(1).map(({ SPDXID }) => ({ spdxElementId: ROOT, relationshipType: 'CONTAINS' as const, relatedSpdxElement: SPDXID })),
  ]
  const licenses = toExtracted(found.map(({ license }) => license))
  const unread = describeUnread(inventory)
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: subject.name,
    documentNamespace: namespaceOf(subject, JSON.stringify([packages, relationships, licenses, unread])),
    creationInfo: { created: formatEpochTime(subject.createdSeconds), creators: [`Tool: pelago-${VERSION}`], ...(unread === '' ? {} : { comment: unread }) },
    packages,
    relationships,
    ...(licenses.length === 0 ? {} : { hasExtractedLicensingInfos: licenses }),
  }
}

/** As the specification wants of those who have no place of their own for documents; its last part is made of what the document says. */
function namespaceOf({ name, platform, digest, createdSeconds }: SbomSubject, content: string): string {
  const hex = digestHex(digestOf(JSON.stringify([name, platform, digest, createdSeconds, VERSION, content])))
  const safe = name.replace(/[^A-Za-z0-9.-]+/g, '-').slice(0, 100)
  // RFC 9562, 5.8: a UUID of one's own making
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-')
  return `https://spdx.org/spdxdocs/${safe}-${uuid}`
}

const UNSAID = { downloadLocation: 'NOASSERTION', filesAnalyzed: false, licenseConcluded: 'NOASSERTION', copyrightText: 'NOASSERTION' } as const

function toRoot({ name, platform, digest }: SbomSubject): SpdxPackage {
  return {
    SPDXID: ROOT,
    name,
    ...(digest === undefined ? {} : { versionInfo: digest }),
    supplier: 'NOASSERTION',
    ...UNSAID,
    sourceInfo: `image for ${platform}`,
    licenseDeclared: 'NOASSERTION',
    primaryPackagePurpose: 'CONTAINER',
    ...(digest === undefined ? {} : { checksums: [{ algorithm: 'SHA256' as const, checksumValue: digestHex(digest) }] }),
  }
}

function toSystem({ distribution }: PackageInventory): readonly SpdxPackage[] {
  if (distribution === undefined) return []
  const { id, versionId, prettyName } = distribution
  return [{ SPDXID: SYSTEM, name: id, ...(versionId === '' ? {} : { versionInfo: versionId }), supplier: 'NOASSERTION', ...UNSAID, ...(prettyName === '' ? {} : { sourceInfo: prettyName }), licenseDeclared: 'NOASSERTION', primaryPackagePurpose: 'OPERATING-SYSTEM' }]
}

function toPackage(one: FoundPackage, license: LicenseExpression, subject: SbomSubject): SpdxPackage {
  const { kind, name, version, purl, homepage } = one
  return {
    SPDXID: `SPDXRef-Package-${kind}-${name.replace(/[^A-Za-z0-9.-]+/g, '-').slice(0, 80)}-${digestHex(digestOf(purl)).slice(0, 16)}`,
    name,
    ...(version === '' ? {} : { versionInfo: version }),
    supplier: formatSupplier(one),
    ...UNSAID,
    ...(isWebAddress(homepage) ? { homepage } : {}),
    sourceInfo: describePlaces(one, subject),
    licenseDeclared: license.text,
    primaryPackagePurpose: 'LIBRARY',
    externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }],
  }
}

/** `Person: NAME (ADDRESS)`, or `Organization:` where the name says that it is one. */
function formatSupplier({ kind, supplier }: FoundPackage): string {
  const line = supplier.replace(/\s+/g, ' ').trim()
  if (line === '') return 'NOASSERTION'
  const [, name = '', address = ''] = /^([^<]*)<([^<>]*)>$/.exec(line) ?? [line, line]
  const isGroup = kind === 'rpm' || /\b(?:team|group|maintainers|developers|project|foundation|inc|contributors|authors|community)\b/i.test(name)
  const shown = name.trim().replace(/^"(.*)"$/, '$1') || address
  return `${isGroup ? 'Organization' : 'Person'}: ${shown}${address === '' || shown === address ? '' : ` (${address})`}`
}

function isWebAddress(text: string): boolean {
  return /^https?:\/\/[!-~]+$/.test(text) && URL.canParse(text)
}

const SHOWN_PLACES = 20

function describePlaces({ places }: FoundPackage, { steps, baseLayers }: SbomSubject): string {
  const layers = [...new Set(places.map(({ layer }) => layer))].sort((a, b) => a - b).map((layer) => `layer ${layer + 1} of ${steps.length}${baseLayers !== undefined && layer < baseLayers ? ', of the base image' : ''}`)
  const paths = places.slice(0, SHOWN_PLACES).map(({ path }) => path)
  return `named by ${paths.join(', ')}${places.length > SHOWN_PLACES ? ' and others' : ''}; from ${layers.join(' and ')}`
}

function toExtracted(licenses: readonly LicenseExpression[]): readonly { readonly licenseId: string; readonly extractedText: string; readonly name: string }[] {
  const references = new Map(licenses.flatMap((license) => [...license.references]))
  return [...references].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([licenseId, text]) => ({ licenseId, name: text, extractedText: text }))
}

/** What may be missing in the document. */
function describeUnread({ unread, unreadLayers }: PackageInventory): string {
  const files = unread.map(({ path, reason }) => `${path} was not read: ${reason}`)
  return [...files, ...(unreadLayers === 0 ? [] : [`${unreadLayers} of the layers could not be read`])].join('; ')
}
