import { BuildError } from '../../ground/errors.ts'
import { formatReference, formatRepository, parseReference, type Reference } from '../../ground/reference.ts'
import type { IdentityRule } from './policy.ts'

/** Whether a signature under the name `signed` stands for `wanted`; a name that is none stands for nothing. */
export function isIdentity(rule: IdentityRule, wanted: Reference, signed: string): boolean {
  const identity = parseIdentity(signed)
  if (identity === undefined) return false
  switch (rule.kind) {
    case 'matchExact':
      return wanted.digest === undefined && isSameName(wanted, identity)
    case 'matchRepoDigestOrExact':
      return wanted.digest === undefined ? isSameName(wanted, identity) : isSameRepository(wanted, identity)
    case 'matchRepository':
      return isSameRepository(wanted, identity)
    case 'exactReference':
      return isSameName(parseReference(rule.reference), identity)
    case 'exactRepository':
      return isSameRepository(parseReference(rule.repository), identity)
    case 'remapIdentity':
      return isIdentity({ kind: 'matchRepoDigestOrExact' }, remap(rule, wanted), signed)
  }
}

/** A name without a tag, as cosign signs, is that of a repository: it does not stand for `latest`. */
function parseIdentity(text: string): Reference | undefined {
  try {
    const reference = parseReference(text)
    return text.slice(text.lastIndexOf('/')).includes(':') ? reference : { ...reference, tag: undefined }
  } catch (error) {
    if (error instanceof BuildError) return undefined
    throw error
  }
}

function isSameName(a: Reference, b: Reference): boolean {
  return isSameRepository(a, b) && a.tag === b.tag && a.digest === b.digest
}

function isSameRepository(a: Reference, b: Reference): boolean {
  return formatRepository(a) === formatRepository(b)
}

/** A mirror's name as the original's: `prefix`, at a boundary of its parts, becomes `signedPrefix`. */
function remap({ prefix, signedPrefix }: Extract<IdentityRule, { kind: 'remapIdentity' }>, reference: Reference): Reference {
  const name = formatReference(reference)
  const isWhole = name.startsWith(prefix) && /^(?:$|[/:@])/.test(name.slice(prefix.length))
  return isWhole ? parseReference(`${signedPrefix}${name.slice(prefix.length)}`) : reference
}
