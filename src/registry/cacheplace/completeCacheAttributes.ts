import { parseGoBoolean } from '../../ground/goBoolean.ts'
import type { AwsCredentialSource } from './s3/credentials/awsCredentials.ts'

/** A cache's attributes with what the client's environment adds, or why the cache cannot be used from here. */
export type CompletedAttributes =
  | { readonly kind: 'complete'; readonly attributes: ReadonlyMap<string, string> }
  /** As outside of a workflow: Docker's client leaves such a cache out, since the same command is to work there too. */
  | { readonly kind: 'inactive'; readonly reason: string; readonly hint: string }

type Environment = Readonly<Record<string, string | undefined>>

/**
 * What the client knows and the engine does not, before a cache's attributes are sent: GitHub's tokens and addresses, and
 * AWS's keys, region and bucket, by the variables that Docker's client and BuildKit read. What is given stays as it is.
 */
export function completeCacheAttributes(type: string, attributes: ReadonlyMap<string, string>, env: Environment): CompletedAttributes {
  switch (type) {
    case 'gha':
      return completeGha(attributes, env)
    case 's3':
      return { kind: 'complete', attributes: completeS3(attributes, env) }
    default:
      return { kind: 'complete', attributes }
  }
}

function completeGha(given: ReadonlyMap<string, string>, env: Environment): CompletedAttributes {
  const isV2 = given.has('version') ? given.get('version') === '2' : parseGoBoolean(env['ACTIONS_CACHE_SERVICE_V2'] ?? '') === true
  const attributes = withDefaults(given, [
    ['token', env['ACTIONS_RUNTIME_TOKEN']],
    ['url_v2', isV2 ? env['ACTIONS_RESULTS_URL'] : undefined],
    ['url', env['ACTIONS_CACHE_URL']],
    ['url', env['ACTIONS_RESULTS_URL']],
  ])
  const isSet = (name: string): boolean => (attributes.get(name) ?? '') !== ''
  if (isSet('token') && (isSet('url') || isSet('url_v2'))) return { kind: 'complete', attributes }
  const missing = isSet('token') ? 'ACTIONS_RESULTS_URL' : 'ACTIONS_RUNTIME_TOKEN'
  return { kind: 'inactive', reason: `${missing} is not set`, hint: "GitHub gives it to actions only: hand it on to the workflow's step, or leave the cache of type=gha out" }
}

/** A session token belongs to the keys that it came with. A profile that is named goes before the environment's keys. */
function completeS3(given: ReadonlyMap<string, string>, env: Environment): ReadonlyMap<string, string> {
  const isKeyGiven = given.has('access_key_id') && given.has('secret_access_key')
  const isSet = (name: string): boolean => (env[name] ?? '') !== ''
  const isKeySet = isSet('AWS_ACCESS_KEY_ID') && isSet('AWS_SECRET_ACCESS_KEY') && !isSet('AWS_PROFILE') && !isSet('AWS_DEFAULT_PROFILE')
  const keys: readonly Default[] = [
    ['access_key_id', env['AWS_ACCESS_KEY_ID']],
    ['secret_access_key', env['AWS_SECRET_ACCESS_KEY']],
    ['session_token', env['AWS_SESSION_TOKEN']],
  ]
  return withDefaults(given, [['bucket', env['AWS_BUCKET']], ['region', env['AWS_REGION']], ['region', env['AWS_DEFAULT_REGION']], ...(isKeySet && !isKeyGiven ? keys : [])])
}

type Default = readonly [name: string, value: string | undefined]

/** Of several for one name the first that is set. */
function withDefaults(given: ReadonlyMap<string, string>, defaults: readonly Default[]): ReadonlyMap<string, string> {
  const attributes = new Map(given)
  for (const [name, value = ''] of defaults) if (value !== '' && !attributes.has(name)) attributes.set(name, value)
  return attributes
}

/** What `completeCacheAttributes` gives, with the credentials of AWS that are to be looked for, where there are none yet. @throws AwsCredentialsError */
export async function withAwsCredentials(type: string, attributes: ReadonlyMap<string, string>, source: AwsCredentialSource, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  if (type !== 's3' || (attributes.has('access_key_id') && attributes.has('secret_access_key'))) return attributes
  const found = await source.credentials(signal)
  if (found === undefined) return attributes
  const { accessKeyId, secretAccessKey, sessionToken } = found
  return new Map([...attributes, ['access_key_id', accessKeyId], ['secret_access_key', secretAccessKey], ...(sessionToken === undefined ? [] : [['session_token', sessionToken] as const])])
}
