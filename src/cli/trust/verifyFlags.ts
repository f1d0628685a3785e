import type { FlagTable, FlagValues } from '../flags/flags.ts'

/** Those of `cosign verify` that are here. */
export const VERIFY_FLAGS = {
  annotations: { kind: 'list', short: 'a', value: 'KEY=VALUE', help: 'The signature must say this' },
  'certificate-identity': { kind: 'text', value: 'NAME', help: 'Who must have signed: an address, or the URL of a workflow' },
  'certificate-identity-regexp': { kind: 'text', value: 'REGEX', help: 'As --certificate-identity, by a regular expression' },
  'certificate-oidc-issuer': { kind: 'text', value: 'URL', help: 'Who must have vouched for the signer' },
  'certificate-oidc-issuer-regexp': { kind: 'text', value: 'REGEX', help: 'As --certificate-oidc-issuer, by a regular expression' },
  format: { kind: 'text', value: 'FORMAT', help: 'How it is shown', choices: ['table', 'json'], fallback: 'table' },
  key: { kind: 'list', value: 'FILE', help: 'Public key, a PEM file or env://VARIABLE; one of several is enough' },
  recursive: { kind: 'switch', short: 'r', help: 'The image of each platform must be signed, too' },
  type: { kind: 'list', value: 'TYPE', help: 'Ask for signed attestations of this type instead: provenance, sbom, spdx, cyclonedx, vuln, or a URI; of several each' },
  'trusted-root': { kind: 'text', value: 'FILE', help: 'Whom to trust about certificates and logs: a trusted root of sigstore, as JSON', variable: 'PELAGO_TRUSTED_ROOT' },
} as const satisfies FlagTable

export type VerifyFlags = FlagValues<typeof VERIFY_FLAGS>

/** Known to cosign, and refused by name. */
export const UNSUPPORTED_VERIFY_FLAGS = [
  'attachment', 'ca-intermediates', 'ca-roots', 'certificate', 'certificate-chain', 'certificate-github-workflow-name', 'certificate-github-workflow-ref', 'certificate-github-workflow-repository',
  'certificate-github-workflow-sha', 'certificate-github-workflow-trigger', 'check-claims', 'insecure-ignore-sct', ['insecure-ignore-tlog', 'a log is asked for only where an identity signed'], 'local-image', 'offline',
  'payload', 'private-infrastructure', 'rekor-url', 'sct', 'signature', 'signature-digest-algorithm', 'sk', 'slot', 'timestamp-certificate-chain', 'use-signed-timestamps',
] as const
