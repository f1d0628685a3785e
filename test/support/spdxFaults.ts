import { createRequire } from 'node:module'
import { PackageURL } from 'packageurl-js'

/** npm's own parser of SPDX expressions; it has no types. */
const parseExpression = createRequire(import.meta.url)('spdx-expression-parse') as (text: string) => unknown

type Fields = Readonly<Record<string, unknown>>

const ID = /^SPDXRef-[A-Za-z0-9.-]+$/
const PURPOSES = ['APPLICATION', 'FRAMEWORK', 'LIBRARY', 'CONTAINER', 'OPERATING-SYSTEM', 'DEVICE', 'FIRMWARE', 'SOURCE', 'ARCHIVE', 'FILE', 'INSTALL', 'OTHER']

/** What in a document is not as SPDX 2.3 wants it, by the specification's own clauses; none of a good one. */
export function findSpdxFaults(text: string): readonly string[] {
  const document = JSON.parse(text) as Fields
  const packages = list(document['packages'])
  const extracted = list(document['hasExtractedLicensingInfos'])
  const ids = ['SPDXRef-DOCUMENT', ...packages.map(({ SPDXID }) => textOf(SPDXID))]
  return [
    ...unless(document['spdxVersion'] === 'SPDX-2.3', '6.1 version'),
    ...unless(document['dataLicense'] === 'CC0-1.0', '6.2 data license'),
    ...unless(document['SPDXID'] === 'SPDXRef-DOCUMENT', '6.3 id'),
    ...unless(textOf(document['name']) !== '', '6.4 name'),
    ...unless(/^https?:\/\/[^#\s]+$/.test(textOf(document['documentNamespace'])), '6.5 namespace'),
    ...faultsOfCreation(document['creationInfo'] as Fields),
    ...unless(new Set(ids).size === ids.length, '7.2 two packages of one id'),
    ...packages.flatMap((one) => faultsOfPackage(one).map((fault) => `${textOf(one['SPDXID'])}: ${fault}`)),
    ...list(document['relationships']).flatMap((one) => [one['spdxElementId'], one['relatedSpdxElement']].filter((id) => !ids.includes(textOf(id))).map((id) => `11.1 ${textOf(id)} is not there`)),
    ...unless(list(document['relationships']).some(({ relationshipType }) => relationshipType === 'DESCRIBES'), '11.1 nothing is described'),
    ...faultsOfReferences(packages, extracted),
  ]
}

function faultsOfCreation({ created, creators }: Fields): readonly string[] {
  return [...unless(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(textOf(created)), '6.9 created'), ...unless(Array.isArray(creators) && creators.every((creator) => /^(?:Person|Organization|Tool): ./.test(textOf(creator))), '6.8 creator')]
}

function faultsOfPackage(one: Fields): readonly string[] {
  return [
    ...unless(ID.test(textOf(one['SPDXID'])), '7.2 id'),
    ...unless(textOf(one['name']) !== '', '7.1 name'),
    ...unless(/^(?:NOASSERTION|(?:Person|Organization): .+)$/.test(textOf(one['supplier'])), '7.5 supplier'),
    ...unless(one['downloadLocation'] === 'NOASSERTION', '7.7 download location'),
    ...unless(one['homepage'] === undefined || URL.canParse(textOf(one['homepage'])), '7.11 home page'),
    ...unless(isExpression(textOf(one['licenseDeclared'])), `7.15 declared license ${textOf(one['licenseDeclared'])}`),
    ...unless(PURPOSES.includes(textOf(one['primaryPackagePurpose'])), '7.24 purpose'),
    ...list(one['externalRefs']).flatMap(({ referenceCategory, referenceType, referenceLocator }) => unless(referenceCategory === 'PACKAGE-MANAGER' && referenceType === 'purl' && isPurl(textOf(referenceLocator)), `7.21 ${textOf(referenceLocator)}`)),
  ]
}

/** 10.1: each licence that is not SPDX's own is told, and none more. */
function faultsOfReferences(packages: readonly Fields[], extracted: readonly Fields[]): readonly string[] {
  const used = new Set(packages.flatMap(({ licenseDeclared }) => textOf(licenseDeclared).match(/LicenseRef-[A-Za-z0-9.-]+/g) ?? []))
  const told = new Set(extracted.map(({ licenseId }) => textOf(licenseId)))
  return [...[...used].filter((id) => !told.has(id)), ...[...told].filter((id) => !used.has(id)), ...extracted.filter(({ extractedText }) => textOf(extractedText) === '').map(({ licenseId }) => textOf(licenseId))].map((id) => `10.1 ${id}`)
}

function isExpression(text: string): boolean {
  try {
    return text === 'NOASSERTION' || parseExpression(text) !== undefined
  } catch {
    return false
  }
}

function isPurl(text: string): boolean {
  try {
    return PackageURL.fromString(text).name !== ''
  } catch {
    return false
  }
}

function unless(isRight: boolean, fault: string): readonly string[] {
  return isRight ? [] : [fault]
}

function list(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? (value as Fields[]) : []
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
