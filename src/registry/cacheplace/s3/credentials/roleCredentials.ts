import { InvalidValueError } from '../../../../ground/errors.ts'
import { optionalString, parseJsonObject, requiredString } from '../../../../ground/jsonValue.ts'
import { DEFAULT_TLS, type HttpClient, type HttpRequest } from '../../../../kit/http.ts'
import { readUpTo } from '../../../internal/response.ts'
import { elementOf } from '../s3Client.ts'
import { AwsCredentialsError, type AwsCredentials } from './awsCredentials.ts'

/*
 * Credentials that AWS gives to a role for some time: to a pod or a workflow that shows a token of its own ("web
 * identity"), to a container of ECS or EKS, to a machine of EC2.
 */

/** Of a role, for some time. */
export interface RoleCredentials extends AwsCredentials {
  /** Milliseconds since the epoch; undefined where it is not told. */
  readonly expiresAt: number | undefined
}

interface Ask {
  readonly method: HttpRequest['method']
  readonly url: URL
  readonly headers?: ReadonlyMap<string, string>
  readonly body?: string
}

const ANSWER_BYTES = 256 * 1024
/** They are on the same machine, or next to it. */
const TIMEOUT_MS = 5_000

export interface WebIdentity {
  readonly roleArn: string
  readonly sessionName: string
  readonly token: string
  /** Of AWS's Security Token Service. */
  readonly endpoint: URL
}

/** STS's AssumeRoleWithWebIdentity, which is not signed. @throws AwsCredentialsError, HttpConnectionError */
export async function fetchWebIdentityCredentials(http: HttpClient, { roleArn, sessionName, token, endpoint }: WebIdentity, signal: AbortSignal): Promise<RoleCredentials> {
  const body = new URLSearchParams({ Action: 'AssumeRoleWithWebIdentity', Version: '2011-06-15', RoleArn: roleArn, RoleSessionName: sessionName, WebIdentityToken: token }).toString()
  const answer = await ask(http, { method: 'POST', url: endpoint, headers: new Map([['content-type', 'application/x-www-form-urlencoded']]), body }, signal)
  const read = (name: string): string => elementOf(answer, name) ?? raiseUnclear(endpoint)
  return { accessKeyId: read('AccessKeyId'), secretAccessKey: read('SecretAccessKey'), sessionToken: read('SessionToken'), expiresAt: Date.parse(read('Expiration')) }
}

/** Of the agent beside a container. `authorization` is its header; '' for none. */
export async function fetchContainerCredentials(http: HttpClient, url: URL, authorization: string, signal: AbortSignal): Promise<RoleCredentials> {
  return parseRole(await ask(http, { method: 'GET', url, headers: new Map(authorization === '' ? [] : [['authorization', authorization]]) }, signal), url)
}

/** Of EC2's instance metadata, version 2. */
export async function fetchInstanceCredentials(http: HttpClient, endpoint: URL, signal: AbortSignal): Promise<RoleCredentials> {
  const token = await ask(http, { method: 'PUT', url: new URL('/latest/api/token', endpoint), headers: new Map([['x-aws-ec2-metadata-token-ttl-seconds', '300']]) }, signal)
  const headers = new Map([['x-aws-ec2-metadata-token', token]])
  const list = new URL('/latest/meta-data/iam/security-credentials/', endpoint)
  const role = (await ask(http, { method: 'GET', url: list, headers }, signal)).split('\n')[0] ?? ''
  const url = new URL(encodeURIComponent(role.trim()), list)
  return parseRole(await ask(http, { method: 'GET', url, headers }, signal), url)
}

function parseRole(text: string, url: URL): RoleCredentials {
  try {
    const answer = parseJsonObject(text, 'the answer')
    const expiration = optionalString(answer, 'Expiration')
    return {
      accessKeyId: requiredString(answer, 'AccessKeyId'),
      secretAccessKey: requiredString(answer, 'SecretAccessKey'),
      sessionToken: optionalString(answer, 'Token'),
      expiresAt: expiration === undefined ? undefined : Date.parse(expiration),
    }
  } catch (error) {
    throw error instanceof InvalidValueError ? raiseUnclear(url) : error
  }
}

async function ask(http: HttpClient, { method, url, headers = new Map(), body }: Ask, signal: AbortSignal): Promise<string> {
  const joined = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
  try {
    const response = await http.send({ method, url, headers, body, tls: DEFAULT_TLS, maxRedirects: 0 }, joined)
    const text = new TextDecoder().decode((await readUpTo(response, ANSWER_BYTES)) ?? new Uint8Array())
    if (response.status === 200) return text
    const why = [elementOf(text, 'Code'), elementOf(text, 'Message')].filter((part) => part !== undefined).join(': ')
    throw new AwsCredentialsError(`no AWS credentials from ${url.host}: ${why === '' ? `HTTP status ${response.status}` : why}`)
  } catch (error) {
    signal.throwIfAborted()
    throw joined.aborted ? new AwsCredentialsError(`no AWS credentials from ${url.host}: it does not answer`) : error
  }
}

function raiseUnclear(url: URL): never {
  throw new AwsCredentialsError(`no AWS credentials from ${url.host}: its answer has none`)
}
