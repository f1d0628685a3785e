import { BuildError } from '../../ground/errors.ts'
import { optionalString, parseJsonObject } from '../../ground/jsonValue.ts'
import { openSubprocess } from '../../kit/process/subprocess.ts'
import type { Credentials } from '../registry.ts'

/** Docker's credential helper protocol: `docker-credential-<helper> get|store|erase`, by standard input and output. */
export interface HelperRequest {
  readonly helper: string
  readonly server: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The program that keeps the user's logins failed. */
export class CredentialHelperError extends BuildError {
  readonly kind = 'unavailable'
  readonly program: string
  constructor(program: string, what: string, cause?: unknown) {
    super(`${program}: ${what}`, { hint: `install or repair ${program}, or take it out of Docker's config.json (credsStore, credHelpers)`, cause })
    this.program = program
  }
}

/** As the user name this says that the secret is an identity token. */
const TOKEN_USERNAME = '<token>'
/** An answer is a name and a secret. */
const ANSWER_BYTES = 1024 * 1024

/** Undefined where the helper has no login for the server, or is not installed: the image may be public. @throws CredentialHelperError */
export async function getFromHelper(request: HelperRequest, signal: AbortSignal): Promise<Credentials | undefined> {
  const answer = await run(request, 'get', { input: request.server, signal }).catch((error: unknown) => {
    if (error instanceof CredentialHelperError && isNotInstalled(error.cause)) return undefined
    throw error
  })
  if (answer === undefined) return undefined
  const json = parseJsonObject(answer, `the answer of ${programOf(request)}`)
  const [username, secret] = [optionalString(json, 'Username'), optionalString(json, 'Secret')]
  if (username === undefined || secret === undefined || secret === '') return undefined
  return username === TOKEN_USERNAME ? { kind: 'identity-token', token: secret } : { kind: 'basic', username, password: secret }
}

/** @throws CredentialHelperError */
export async function storeToHelper(request: HelperRequest, credentials: Exclude<Credentials, { kind: 'registry-token' }>, signal: AbortSignal): Promise<void> {
  const [username, secret] = credentials.kind === 'basic' ? [credentials.username, credentials.password] : [TOKEN_USERNAME, credentials.token]
  const input = JSON.stringify({ ServerURL: request.server, Username: username, Secret: secret })
  const answer = await run(request, 'store', { input, signal })
  if (answer === undefined) throw new CredentialHelperError(programOf(request), 'could not store the login')
}

/** Gives whether there was something to erase. @throws CredentialHelperError */
export async function eraseFromHelper(request: HelperRequest, signal: AbortSignal): Promise<boolean> {
  return (await run(request, 'erase', { input: request.server, signal })) !== undefined
}

/** Undefined where it says that there is nothing; its words on that are part of the protocol. */
async function run(request: HelperRequest, action: 'get' | 'store' | 'erase', { input, signal }: { input: string; signal: AbortSignal }): Promise<string | undefined> {
  const program = programOf(request)
  const env = Object.fromEntries(Object.entries(request.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
  await using helper = openSubprocess([program, action], { cwd: '/', env, stdin: toStream(input) }, signal)
  helper.stdinDone.catch(() => undefined) // a helper may end before it has read all
  const [output, code] = await Promise.all([
    gather(helper.stdout),
    helper.exitCode.catch((error: unknown) => {
      throw new CredentialHelperError(program, isNotInstalled(error) ? 'is not installed' : 'cannot be started', error)
    }),
    gather(helper.stderr),
  ])
  signal.throwIfAborted()
  if (code === 0) return output
  if (/credentials not found|no credentials server url/i.test(output)) return undefined
  throw new CredentialHelperError(program, `failed with exit code ${code}${output.trim() === '' ? '' : `: ${output.trim().slice(0, 200)}`}`)
}

function programOf({ helper }: HelperRequest): string {
  return `docker-credential-${helper}`
}

function isNotInstalled(error: unknown): boolean {
  // EACCES: a folder of PATH that this user may not look into
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EACCES')
}

async function* toStream(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

/** What is past the bound is read and forgotten. */
async function gather(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of stream) {
    sizeBytes += chunk.byteLength
    if (sizeBytes <= ANSWER_BYTES) chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
