/** SPDX 2.3 in its JSON form, as far as it is written here. */
export interface SpdxDocument {
  readonly spdxVersion: 'SPDX-2.3'
  readonly dataLicense: 'CC0-1.0'
  readonly SPDXID: 'SPDXRef-DOCUMENT'
  readonly name: string
  readonly documentNamespace: string
  readonly creationInfo: { readonly created: string; readonly creators: readonly string[]; readonly comment?: string }
  readonly packages: readonly SpdxPackage[]
  readonly relationships: readonly SpdxRelationship[]
  readonly hasExtractedLicensingInfos?: readonly { readonly licenseId: string; readonly extractedText: string; readonly name: string }[]
}

export interface SpdxPackage {
  readonly SPDXID: string
  readonly name: string
  readonly versionInfo?: string
  readonly supplier: string
  readonly downloadLocation: 'NOASSERTION'
  readonly filesAnalyzed: false
  readonly homepage?: string
  readonly sourceInfo?: string
  readonly licenseConcluded: 'NOASSERTION'
  readonly licenseDeclared: string
  readonly copyrightText: 'NOASSERTION'
  readonly primaryPackagePurpose: 'CONTAINER' | 'OPERATING-SYSTEM' | 'LIBRARY'
  readonly checksums?: readonly { readonly algorithm: 'SHA256'; readonly checksumValue: string }[]
  readonly externalRefs?: readonly { readonly referenceCategory: 'PACKAGE-MANAGER'; readonly referenceType: 'purl'; readonly referenceLocator: string }[]
}

export interface SpdxRelationship {
  readonly spdxElementId: string
  readonly relationshipType: 'DESCRIBES' | 'CONTAINS'
  readonly relatedSpdxElement: string
}
