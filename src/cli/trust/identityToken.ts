import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { BuildError } from '../../ground/errors.ts'
import { parseJsonObject, requiredString } from '../../ground/jsonValue.ts'
import { ifThere } from '../../kit/files/ifThere.ts'
import type { CommandContext } from '../command.ts'
import { UsageError } from '../flags/usageError.ts'

/** Whom the token is for. */
const AUDIENCE = 'sigstore'
const TIMEOUT_MS = 30_000

/** GitHub gave no token. */
export class IdentityTokenError extends BuildError {
  readonly kind = 'unavailable'
}

/**
 * The OIDC token that says who signs: that of `--identity-token` or in the file it names, `SIGSTORE_ID_TOKEN` (GitLab's
 * `id_tokens`), or the one that GitHub gives a job with `id-token: write`. @throws UsageError; IdentityTokenError
 */
export async function findIdentityToken(given: string | undefined, context: CommandContext, signal: AbortSignal): Promise<string> {
  const token = given === undefined ? (context.env['SIGSTORE_ID_TOKEN'] ?? (await askGitHub(context, signal))) : ((await readTokenFile(given, context)) ?? given)
  if (token === undefined || token === '') throw new UsageError('there is no key and no identity to sign with', { hint: 'give --key FILE or --identity-token TOKEN; in GitHub Actions, give the job the permission id-token: write' })
  if (token.split('.').length !== 3) throw new UsageError('the identity token is no OIDC token', { hint: 'it has three parts, with dots between, or is the path of a file that holds one' })
  return token
}

async function readTokenFile(path: string, { workingFolder }: CommandContext): Promise<string | undefined> {
  if (path.split('.').length === 3 && path.length > 100) return undefined // a token is no path
  return (await ifThere(readFile(resolve(workingFolder, path), 'utf8')))?.trim()
}

async function askGitHub({ env }: CommandContext, signal: AbortSignal): Promise<string | undefined> {
  const [url, bearer] = [env['ACTIONS_ID_TOKEN_REQUEST_URL'], env['ACTIONS_ID_TOKEN_REQUEST_TOKEN']]
  if (url === undefined || bearer === undefined) return undefined
  const target = new URL(url)
  target.searchParams.set('audience', AUDIENCE)
  const response = await fetch(target, { headers: { authorization: `bearer ${bearer}` }, signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) }).catch((error: unknown) => {
    signal.throwIfAborted()
    throw new IdentityTokenError(`GitHub gave no identity token: ${target.host} cannot be reached`, { cause: error })
  })
  if (!response.ok) throw new IdentityTokenError(`GitHub gave no identity token: ${response.status}`, { hint: 'give the job the permission id-token: write' })
  return requiredString(parseJsonObject(await response.text(), "GitHub's answer"), 'value')
}
