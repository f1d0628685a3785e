/** The URI of a type, by what cosign's `--type` calls it; a URI is itself. Several of the newer and older versions of one are one type. */
export function predicateTypesOf(text: string): readonly string[] {
  return TYPES.get(text) ?? [text]
}

const SLSA = ['https://slsa.dev/provenance/v1', 'https://slsa.dev/provenance/v0.2']

const TYPES: ReadonlyMap<string, readonly string[]> = new Map([
  ['provenance', SLSA],
  ['slsaprovenance', ['https://slsa.dev/provenance/v0.2']],
  ['slsaprovenance02', ['https://slsa.dev/provenance/v0.2']],
  ['slsaprovenance1', ['https://slsa.dev/provenance/v1']],
  ['sbom', ['https://spdx.dev/Document', 'https://cyclonedx.org/bom']],
  ['spdx', ['https://spdx.dev/Document']],
  ['spdxjson', ['https://spdx.dev/Document']],
  ['cyclonedx', ['https://cyclonedx.org/bom']],
  ['link', ['https://in-toto.io/Link/v1']],
  ['vuln', ['https://cosign.sigstore.dev/attestation/vuln/v1']],
  ['openvex', ['https://openvex.dev/ns']],
  ['custom', ['https://cosign.sigstore.dev/attestation/v1']],
])
