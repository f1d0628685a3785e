import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { startFileServer, type FileServer } from '../../../../../test/support/servers/fileServer.ts'
import { createHttpClient } from '../../../../kit/http.ts'
import { createTempFolder } from '../../../../kit/files/tempFolder.ts'
import { findAwsProfile } from './awsProfile.ts'
import { createCredentialChain } from './credentialChain.ts'
import type { AwsCredentials } from './awsCredentials.ts'

const signal = new AbortController().signal
const ROLE = JSON.stringify({ AccessKeyId: 'role', SecretAccessKey: 'secret', Token: 'session', Expiration: '2026-01-01T01:00:00Z' })
const STS = '<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>web</AccessKeyId><SecretAccessKey>a&amp;b</SecretAccessKey><SessionToken>session</SessionToken><Expiration>2026-01-01T01:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>'
const PROFILES = '[default]\naws_access_key_id = default\naws_secret_access_key=s\n[ci]\naws_access_key_id=ci\naws_secret_access_key=s\n'

interface Found {
  readonly credentials: AwsCredentials | undefined
  readonly log: readonly string[]
}

/** `SERVER` and `HOME` in `env` stand for theirs. */
async function find(env: Readonly<Record<string, string>>, files: Readonly<Record<string, string>>, serve: (server: FileServer) => void = () => undefined): Promise<Found> {
  await using server = await startFileServer()
  await using folder = createTempFolder(tmpdir())
  await using http = createHttpClient({ userAgent: 'test', connectionsPerOrigin: 1, proxy: { http: '', https: '', except: '' } })
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder.path, path)), { recursive: true })
    await writeFile(join(folder.path, path), text)
  }
  serve(server)
  const filled = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.replace('SERVER', server.url).replace('HOME', folder.path)]))
  const chain = createCredentialChain({ env: filled, home: folder.path, http, asksInstance: 'AWS_EC2_METADATA_SERVICE_ENDPOINT' in env, now: () => Date.UTC(2026, 0, 1) })
  await chain.credentials(signal)
  return { credentials: await chain.credentials(signal), log: [...server.log] }
}

describe("AWS's credentials", () => {
  const keys = { AWS_ACCESS_KEY_ID: 'env', AWS_SECRET_ACCESS_KEY: 's' }
  const web = { AWS_WEB_IDENTITY_TOKEN_FILE: 'HOME/token', AWS_ROLE_ARN: 'arn:aws:iam::1:role/ci', AWS_ENDPOINT_URL_STS: 'SERVER/sts' }
  const container = { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'SERVER/container', AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: 'HOME/token' }
  const files = { '.aws/credentials': PROFILES, token: 'shown\n' }
  const serveAll = (server: FileServer): void => {
    server.files.set('/sts', { content: STS })
    server.files.set('/container', { content: ROLE, authorization: 'shown' })
    server.files.set('/latest/api/token', { content: 'metadata' })
    server.files.set('/latest/meta-data/iam/security-credentials/', { content: 'node-role' })
    server.files.set('/latest/meta-data/iam/security-credentials/node-role', { content: ROLE })
  }
  const cases: { name: string; env: Record<string, string>; files: Record<string, string>; want: string | undefined }[] = [
    { name: 'are those of the profile that is named', env: { ...keys, AWS_PROFILE: 'ci' }, files, want: 'ci' },
    { name: 'are those of the environment', env: { ...keys, ...web }, files, want: 'env' },
    { name: 'are those of the token that is shown', env: { ...web, ...container }, files, want: 'web' },
    { name: 'are those of the default profile', env: container, files, want: 'default' },
    { name: 'are those that are beside the container', env: container, files: { token: 'shown' }, want: 'role' },
    { name: "are the machine's", env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'SERVER' }, files: {}, want: 'role' },
    { name: 'are none of a machine that is not to be asked', env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'SERVER', AWS_EC2_METADATA_DISABLED: 'true' }, files: {}, want: undefined },
    { name: 'are none where nothing tells any', env: {}, files: {}, want: undefined },
  ]
  for (const { name, env, files: there, want } of cases) {
    it(name, async () => {
      const { credentials, log } = await find(env, there, serveAll)
      assert.equal(credentials?.accessKeyId, want)
      assert.ok(new Set(log).size === log.length, `asked twice: ${log.join(', ')}`)
    })
  }

  it('are read anew where they have no end', async () => {
    await using folder = createTempFolder(tmpdir())
    await using http = createHttpClient({ userAgent: 'test', connectionsPerOrigin: 1, proxy: { http: '', https: '', except: '' } })
    const path = join(folder.path, 'credentials')
    const chain = createCredentialChain({ env: { AWS_SHARED_CREDENTIALS_FILE: path }, home: folder.path, http, asksInstance: false, now: () => Date.UTC(2026, 0, 1) })
    const found: (string | undefined)[] = []
    for (const text of [PROFILES, PROFILES.replace('=s', '=rotated')]) {
      await writeFile(path, text)
      found.push((await chain.credentials(signal))?.secretAccessKey)
    }
    assert.deepEqual(found, ['s', 'rotated'])
  })

  it('are none of a machine that has no role', async () => {
    const { credentials } = await find({ AWS_EC2_METADATA_SERVICE_ENDPOINT: 'SERVER' }, {})
    assert.equal(credentials, undefined)
  })

  const failures: { name: string; env: Record<string, string>; files: Record<string, string>; want: RegExp }[] = [
    { name: 'a profile that is not there', env: { AWS_PROFILE: 'other' }, files, want: /"other" has no credentials/ },
    { name: 'a profile that has them in another way', env: {}, files: { '.aws/config': '[default]\nsso_session = work\n' }, want: /by sso_session, which is not known here/ },
    { name: 'a token that is not there', env: web, files: {}, want: /there is no file/ },
    { name: 'a service that refuses', env: web, files, want: /HTTP status 404/ },
    { name: 'a container\'s address that is elsewhere', env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://credentials.example/' }, files: {}, want: /neither of HTTPS nor on this machine/ },
  ]
  for (const { name, env, files: there, want } of failures) {
    it(`are told to be missing for ${name}`, async () => {
      await assert.rejects(find(env, there), { name: 'AwsCredentialsError', kind: 'denied', message: want })
    })
  }
})

describe('a profile of AWS', () => {
  const cases: { name: string; credentials?: string; config?: string; profile?: string; want: ReturnType<typeof findAwsProfile> }[] = [
    { name: 'is not there', want: undefined },
    { name: 'has keys in either file, those of the credentials first', config: '[profile ci]\naws_access_key_id=old\naws_secret_access_key=s # mine\n', credentials: '[ci]\naws_access_key_id = new\n', profile: 'ci', want: { kind: 'keys', credentials: { accessKeyId: 'new', secretAccessKey: 's', sessionToken: undefined } } },
    { name: 'has what is indented below a value as a part of it', config: '[default]\ns3 =\n  aws_access_key_id = nested\nregion = eu-west-1\n', want: { kind: 'none' } },
    { name: 'has a role that its keys may take', credentials: '[default]\naws_access_key_id=a\naws_secret_access_key=b\nrole_arn=arn\n', want: { kind: 'elsewhere', setting: 'role_arn' } },
    { name: 'is no section without the word', config: '[ci]\naws_access_key_id=a\naws_secret_access_key=b\n', profile: 'ci', want: undefined },
  ]
  for (const { name, credentials = '', config = '', profile = 'default', want } of cases) {
    it(name, () => assert.deepEqual(findAwsProfile(profile, { credentials, config }), want))
  }
})
