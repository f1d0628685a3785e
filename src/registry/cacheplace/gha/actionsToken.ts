import { InvalidValueError } from '../../../ground/errors.ts'
import { objectList, optionalNumber, parseJsonObject, requiredNumber, requiredString, type JsonObject } from '../../../ground/jsonValue.ts'

/** A workflow's token for the cache service, and what it says of itself. */
export interface ActionsToken {
  readonly text: string
  /** Branches, the nearest first: `refs/heads/topic`, then the one it left, then the default one. */
  readonly scopes: readonly TokenScope[]
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

export interface TokenScope {
  readonly scope: string
  readonly canRead: boolean
  readonly canWrite: boolean
}

const READ = 1
const WRITE = 2

/**
 * Reads a JSON web token without verifying it: it is the service's business whether it is a true one.
 * @throws InvalidValueError where it is none, or has no access controls
 */
export function parseActionsToken(text: string): ActionsToken {
  const claims = parseClaims(text)
  const controls = parseJsonObject(`{"scopes":${requiredString(claims, 'ac')}}`, "the access controls of GitHub's token")
  return { text, scopes: objectList(controls, 'scopes').map(toScope), expiresAt: requiredNumber(claims, 'exp') * 1000 }
}

/** Where exports go: BuildKit takes the last of the scopes that may be written. */
export function writableScope({ scopes }: ActionsToken): string | undefined {
  return scopes.findLast(({ canWrite }) => canWrite)?.scope
}

function parseClaims(text: string): JsonObject {
  const parts = text.split('.')
  if (parts.length !== 3) throw new InvalidValueError("GitHub's token for the cache is no JSON web token", { hint: 'give what ACTIONS_RUNTIME_TOKEN has' })
  return parseJsonObject(Buffer.from(parts[1] ?? '', 'base64url').toString(), "GitHub's token for the cache")
}

function toScope(control: JsonObject): TokenScope {
  const permission = optionalNumber(control, 'Permission') ?? 0
  return { scope: requiredString(control, 'Scope'), canRead: (permission & READ) !== 0, canWrite: (permission & WRITE) !== 0 }
}
