import type { Reference } from '../../ground/reference.ts'

/*
 * Which images are let in, after containers-policy.json(5), the file that podman and skopeo read: requirements by
 * scope, of which the most particular one holds, and each of its requirements must be met.
 */

export interface Policy {
  /** The file, for errors. */
  readonly path: string
  /** The file with sigstore's trusted root, which says whom to believe about logs of certificates; undefined where none is named. */
  readonly trustedRoot: string | undefined
  readonly byDefault: readonly Requirement[]
  /** Of the transport `docker`: by host, `*.domain`, repository, part of one, or full name; '' is all of it. */
  readonly scopes: ReadonlyMap<string, readonly Requirement[]>
}

export type Requirement =
  | { readonly kind: 'accept' }
  | { readonly kind: 'reject' }
  /** What only others can judge, such as signatures by GPG. */
  | { readonly kind: 'unknown'; readonly type: string }
  | SignedRequirement

export interface SignedRequirement {
  readonly kind: 'signed'
  readonly signer: RequiredSigner
  readonly identity: IdentityRule
}

export type RequiredSigner =
  /** One of the keys is enough. */
  | { readonly kind: 'keys'; readonly keys: readonly KeySource[] }
  | { readonly kind: 'certificate'; readonly authority: KeySource; readonly issuer: string; readonly email: string; readonly logKeys: readonly KeySource[] }

/** A PEM file, or its text. */
export type KeySource = { readonly kind: 'file'; readonly path: string } | { readonly kind: 'text'; readonly pem: string }

/** Which names in a signature stand for the image that is asked for. */
export type IdentityRule =
  | { readonly kind: 'matchExact' | 'matchRepoDigestOrExact' | 'matchRepository' }
  | { readonly kind: 'exactReference'; readonly reference: string }
  | { readonly kind: 'exactRepository'; readonly repository: string }
  | { readonly kind: 'remapIdentity'; readonly prefix: string; readonly signedPrefix: string }

/** The requirements for an image, and under which scope of the file they stand. */
export interface Applied {
  readonly scope: string
  readonly requirements: readonly Requirement[]
}

/** What holds for `reference`: the longest scope that has it. */
export function requirementsFor(policy: Policy, reference: Reference): Applied {
  for (const scope of scopesOf(reference)) {
    const requirements = policy.scopes.get(scope)
    if (requirements !== undefined) return { scope: `"${scope}"`, requirements }
  }
  return { scope: 'default', requirements: policy.byDefault }
}

/** From the most particular one: name with tag or digest, repository, its parents, host, wildcards of the domain, all. */
function scopesOf({ host, repository, tag, digest }: Reference): readonly string[] {
  const full = digest === undefined ? `${host}/${repository}:${tag}` : `${host}/${repository}@${digest}`
  const parts = repository.split('/')
  const paths = parts.map((_, index) => `${host}/${parts.slice(0, parts.length - index).join('/')}`)
  const labels = host.replace(/:\d+$/, '').split('.')
  const wildcards = labels.slice(1).map((_, index) => `*.${labels.slice(index + 1).join('.')}`)
  return [full, ...paths, host, ...wildcards, '']
}
