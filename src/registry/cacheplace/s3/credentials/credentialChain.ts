import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ifThere } from '../../../../kit/files/ifThere.ts'
import { HttpConnectionError, type HttpClient } from '../../../../kit/http.ts'
import { createSingleFlight } from '../../../../kit/singleFlight.ts'
import { AwsCredentialsError, type AwsCredentials, type AwsCredentialSource } from './awsCredentials.ts'
import { findAwsProfile } from './awsProfile.ts'
import { fetchContainerCredentials, fetchInstanceCredentials, fetchWebIdentityCredentials, type RoleCredentials } from './roleCredentials.ts'

export interface CredentialChainOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  readonly http: HttpClient
  /** Whether a machine of EC2 is asked at last: elsewhere nobody answers, and that takes seconds. */
  readonly asksInstance: boolean
  readonly now: () => number
}

/** So long before its end a role's credential is no longer used. */
const MARGIN_MS = 5 * 60_000

/**
 * Where AWS's clients look for credentials, in their order: a profile that is named, the environment, a token that is
 * shown, the default profile, what is beside a container, and what the machine is given. Those that expire are kept until then; others are read anew each time.
 */
export function createCredentialChain(options: CredentialChainOptions): AwsCredentialSource {
  let known: FoundCredentials | undefined
  const flights = createSingleFlight<'credentials', FoundCredentials | undefined>()
  return {
    async credentials(signal) {
      const isKept = known?.expiresAt !== undefined && known.expiresAt - MARGIN_MS > options.now()
      if (!isKept) known = await flights.run('credentials', (inner) => findCredentials(options, inner), signal)
      return known === undefined ? undefined : toKeys(known)
    },
  }
}

/** Without an end they are those of a person, or of a file that another program writes anew. */
interface FoundCredentials extends AwsCredentials {
  readonly expiresAt?: number | undefined
}

function toKeys({ accessKeyId, secretAccessKey, sessionToken }: AwsCredentials): AwsCredentials {
  return { accessKeyId, secretAccessKey, sessionToken }
}

async function findCredentials(options: CredentialChainOptions, signal: AbortSignal): Promise<FoundCredentials | undefined> {
  const read = readerOf(options.env)
  const profile = read('AWS_PROFILE') || read('AWS_DEFAULT_PROFILE')
  if (profile !== '') return (await profileCredentials(profile, options)) ?? raiseNoProfile(profile)
  const [accessKeyId, secretAccessKey, sessionToken] = [read('AWS_ACCESS_KEY_ID'), read('AWS_SECRET_ACCESS_KEY'), read('AWS_SESSION_TOKEN')]
  if (accessKeyId !== '' && secretAccessKey !== '') return { accessKeyId, secretAccessKey, sessionToken: sessionToken === '' ? undefined : sessionToken }
  return (await webIdentityCredentials(options, signal)) ?? (await profileCredentials('default', options)) ?? (await containerCredentials(options, signal)) ?? (await instanceCredentials(options, signal))
}

function readerOf(env: CredentialChainOptions['env']): (name: string) => string {
  return (name) => env[name] ?? ''
}

async function profileCredentials(name: string, { env, home }: CredentialChainOptions): Promise<AwsCredentials | undefined> {
  const read = readerOf(env)
  const readText = async (path: string): Promise<string> => (await ifThere(readFile(path, 'utf8'))) ?? ''
  const profile = findAwsProfile(name, {
    credentials: await readText(read('AWS_SHARED_CREDENTIALS_FILE') || join(home, '.aws', 'credentials')),
    config: await readText(read('AWS_CONFIG_FILE') || join(home, '.aws', 'config')),
  })
  if (profile === undefined || profile.kind === 'none') return undefined
  if (profile.kind === 'keys') return profile.credentials
  throw new AwsCredentialsError(`the AWS profile ${JSON.stringify(name)} has its credentials by ${profile.setting}, which is not known here`, { hint: `let AWS's own program get them: eval "$(aws configure export-credentials --profile ${name} --format env)"; unset AWS_PROFILE` })
}

function raiseNoProfile(name: string): never {
  throw new AwsCredentialsError(`the AWS profile ${JSON.stringify(name)} has no credentials`, { hint: 'check AWS_PROFILE and ~/.aws/credentials' })
}

async function webIdentityCredentials({ env, http, now }: CredentialChainOptions, signal: AbortSignal): Promise<RoleCredentials | undefined> {
  const read = readerOf(env)
  const [file, roleArn] = [read('AWS_WEB_IDENTITY_TOKEN_FILE'), read('AWS_ROLE_ARN')]
  if (file === '' || roleArn === '') return undefined
  const token = await ifThere(readFile(file, 'utf8'))
  if (token === undefined) throw new AwsCredentialsError(`there is no file ${JSON.stringify(file)}`, { hint: 'AWS_WEB_IDENTITY_TOKEN_FILE names it' })
  const region = read('AWS_REGION') || read('AWS_DEFAULT_REGION')
  const endpoint = new URL(read('AWS_ENDPOINT_URL_STS') || (region === '' ? 'https://sts.amazonaws.com' : `https://sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`))
  return await fetchWebIdentityCredentials(http, { roleArn, sessionName: read('AWS_ROLE_SESSION_NAME') || `pelago-${now()}`, token: token.trim(), endpoint }, signal)
}

async function containerCredentials({ env, http }: CredentialChainOptions, signal: AbortSignal): Promise<RoleCredentials | undefined> {
  const read = readerOf(env)
  const [relative, full, file] = [read('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'), read('AWS_CONTAINER_CREDENTIALS_FULL_URI'), read('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE')]
  if (relative === '' && full === '') return undefined
  const url = URL.parse(relative === '' ? full : `http://169.254.170.2${relative}`)
  if (url === null || !isNear(url)) throw new AwsCredentialsError('AWS_CONTAINER_CREDENTIALS_FULL_URI is neither of HTTPS nor on this machine', { hint: 'it would be believed by whoever is in between' })
  const authorization = file === '' ? read('AWS_CONTAINER_AUTHORIZATION_TOKEN') : ((await ifThere(readFile(file, 'utf8'))) ?? '').trim()
  return await fetchContainerCredentials(http, url, authorization, signal)
}

/** What comes without TLS comes from the machine itself, or from the agents that AWS has beside it. */
function isNear({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && (/^127\.\d+\.\d+\.\d+$/.test(hostname) || ['localhost', '[::1]', '169.254.170.2', '169.254.170.23', '[fd00:ec2::23]'].includes(hostname)))
}

async function instanceCredentials({ env, http, asksInstance }: CredentialChainOptions, signal: AbortSignal): Promise<RoleCredentials | undefined> {
  const read = readerOf(env)
  if (!asksInstance || read('AWS_EC2_METADATA_DISABLED').toLowerCase() === 'true') return undefined
  try {
    return await fetchInstanceCredentials(http, new URL(read('AWS_EC2_METADATA_SERVICE_ENDPOINT') || 'http://169.254.169.254'), signal)
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof HttpConnectionError || error instanceof AwsCredentialsError) return undefined // this is no such machine
    throw error
  }
}
