import type { AwsCredentials } from './awsCredentials.ts'

/** What a profile of `~/.aws` says of credentials. */
export type AwsProfile =
  | { readonly kind: 'keys'; readonly credentials: AwsCredentials }
  /** They would be had in a way that is not known here. `setting` is what says so. */
  | { readonly kind: 'elsewhere'; readonly setting: string }
  /** Nothing. */
  | { readonly kind: 'none' }

/** '' where there is no such file. */
export interface AwsFiles {
  /** `~/.aws/credentials` */
  readonly credentials: string
  /** `~/.aws/config` */
  readonly config: string
}

/** Undefined where no profile has that name. What stands in `credentials` goes before what stands in `config`. */
export function findAwsProfile(name: string, files: AwsFiles): AwsProfile | undefined {
  const inCredentials = parseSections(files.credentials).get(name)
  const configured = parseSections(files.config)
  const inConfig = configured.get(`profile ${name}`) ?? (name === 'default' ? configured.get(name) : undefined)
  if (inCredentials === undefined && inConfig === undefined) return undefined
  return toProfile(new Map([...(inConfig ?? []), ...(inCredentials ?? [])]))
}

const ELSEWHERE = ['role_arn', 'sso_session', 'sso_start_url', 'credential_process', 'credential_source', 'web_identity_token_file', 'login_session']

function toProfile(settings: ReadonlyMap<string, string>): AwsProfile {
  const accessKeyId = settings.get('aws_access_key_id') ?? ''
  const secretAccessKey = settings.get('aws_secret_access_key') ?? ''
  const role = settings.has('role_arn') ? 'role_arn' : undefined // the keys are then those that may take the role
  if (role === undefined && accessKeyId !== '' && secretAccessKey !== '') return { kind: 'keys', credentials: { accessKeyId, secretAccessKey, sessionToken: settings.get('aws_session_token') } }
  const setting = role ?? ELSEWHERE.find((key) => settings.has(key))
  return setting === undefined ? { kind: 'none' } : { kind: 'elsewhere', setting }
}

/** `[name]`, then `key = value`; what is indented belongs to the value above it, and none of that is about credentials. */
function parseSections(text: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const sections = new Map<string, Map<string, string>>()
  let current: Map<string, string> | undefined
  for (const line of text.split(/\r?\n/)) {
    const name = /^\[([^\]]+)\]/.exec(line)?.[1]
    if (name !== undefined) {
      const key = name.trim().replace(/\s+/g, ' ').replaceAll('"', '')
      current = sections.get(key) ?? new Map<string, string>()
      sections.set(key, current)
      continue
    }
    const [, setting = '', value = ''] = /^([^\s#;=][^=]*?)\s*=\s*(.*?)(?:\s+[#;].*)?\s*$/.exec(line) ?? []
    if (setting !== '') current?.set(setting.toLowerCase(), value)
  }
  return sections
}
