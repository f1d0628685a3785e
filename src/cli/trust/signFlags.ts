import type { FlagTable, FlagValues } from '../flags/flags.ts'

/** Those of `cosign sign` that are here. */
export const SIGN_FLAGS = {
  annotations: { kind: 'list', short: 'a', value: 'KEY=VALUE', help: 'Say something more in what is signed' },
  attestations: { kind: 'switch', help: 'Sign what the build has attached too: provenance and SBOM, as cosign attest does' },
  'fulcio-url': { kind: 'text', value: 'URL', help: 'Who gives certificates for identities', fallback: 'https://fulcio.sigstore.dev' },
  'identity-token': { kind: 'text', value: 'TOKEN', help: 'Sign as who this OIDC token says, or the token in this file (default: that of the CI job)' },
  key: { kind: 'text', value: 'FILE', help: 'Private key, a PEM file or env://VARIABLE; without one an identity signs' },
  recursive: { kind: 'switch', short: 'r', fallback: true, help: 'Sign the image of each platform too, as podman asks for it; --recursive=false signs the index only' },
  'rekor-url': { kind: 'text', value: 'URL', help: 'The transparency log', fallback: 'https://rekor.sigstore.dev' },
  'sign-container-identity': { kind: 'text', value: 'NAME', help: 'Sign under this name instead of the one that is given' },
  'tlog-upload': { kind: 'switch', help: 'Also with a key: enter the signature in the transparency log, for all to see' },
  yes: { kind: 'switch', short: 'y', help: 'For scripts: nothing is asked here' },
} as const satisfies FlagTable

export type SignFlags = FlagValues<typeof SIGN_FLAGS>

/** Known to cosign, and refused by name. */
export const UNSUPPORTED_SIGN_FLAGS = ['attachment', 'b64', 'certificate', 'certificate-chain', 'issue-certificate', 'output-certificate', 'output-payload', 'output-signature', 'payload', 'sk', 'slot', 'timestamp-server-url', 'upload'] as const
