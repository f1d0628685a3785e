import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { completeCacheAttributes, withAwsCredentials } from './completeCacheAttributes.ts'

describe('the attributes of a cache', () => {
  const actions = { ACTIONS_RUNTIME_TOKEN: 'runtime', ACTIONS_RESULTS_URL: 'https://results/', ACTIONS_CACHE_URL: 'https://cache/' }
  const keys = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'session' }
  const cases: { name: string; type: string; given?: Record<string, string>; env: Record<string, string>; want: Record<string, string> }[] = [
    { name: 'have the token and the address of the first service', type: 'gha', env: actions, want: { token: 'runtime', url: 'https://cache/' } },
    { name: 'have the address of the second service where a workflow says so', type: 'gha', env: { ...actions, ACTIONS_CACHE_SERVICE_V2: 'True' }, want: { token: 'runtime', url: 'https://cache/', url_v2: 'https://results/' } },
    { name: 'have it where the version is given', type: 'gha', given: { version: '2' }, env: actions, want: { version: '2', token: 'runtime', url: 'https://cache/', url_v2: 'https://results/' } },
    { name: 'have none of it where the version is 1', type: 'gha', given: { version: '1' }, env: { ...actions, ACTIONS_CACHE_SERVICE_V2: 'true' }, want: { version: '1', token: 'runtime', url: 'https://cache/' } },
    { name: 'take one address for both services', type: 'gha', env: { ...actions, ACTIONS_CACHE_URL: '' }, want: { token: 'runtime', url: 'https://results/' } },
    { name: 'stay as they are given', type: 'gha', given: { token: 'mine', url: 'http://here/' }, env: actions, want: { token: 'mine', url: 'http://here/' } },
    { name: 'have the keys, the region and the bucket', type: 's3', env: { ...keys, AWS_REGION: 'eu-west-1', AWS_BUCKET: 'ci' }, want: { bucket: 'ci', region: 'eu-west-1', access_key_id: 'id', secret_access_key: 'secret', session_token: 'session' } },
    { name: 'take no session token for keys that are given', type: 's3', given: { access_key_id: 'a', secret_access_key: 'b' }, env: keys, want: { access_key_id: 'a', secret_access_key: 'b' } },
    { name: 'take no keys where a profile is named', type: 's3', env: { ...keys, AWS_PROFILE: 'ci' }, want: {} },
    { name: 'take no half of a pair of keys', type: 's3', env: { AWS_ACCESS_KEY_ID: 'id' }, want: {} },
    { name: 'are left alone where they are of another type', type: 'registry', given: { ref: 'app:cache' }, env: { ...keys, ...actions }, want: { ref: 'app:cache' } },
  ]
  for (const { name, type, given = {}, env, want } of cases) {
    it(name, () => {
      const completed = completeCacheAttributes(type, new Map(Object.entries(given)), env)
      assert.deepEqual(completed, { kind: 'complete', attributes: new Map(Object.entries(want)) })
    })
  }

  for (const [missing, env] of [['ACTIONS_RUNTIME_TOKEN', { ACTIONS_RESULTS_URL: 'https://results/' }], ['ACTIONS_RESULTS_URL', { ACTIONS_RUNTIME_TOKEN: 'runtime' }]] as const) {
    it(`make no cache of GitHub's without ${missing}`, () => {
      const completed = completeCacheAttributes('gha', new Map(), env)
      assert.ok(completed.kind === 'inactive')
      assert.equal(completed.reason, `${missing} is not set`)
    })
  }
})

describe('the credentials of a cache', () => {
  const signal = new AbortController().signal
  const source = { credentials: () => Promise.resolve({ accessKeyId: 'found', secretAccessKey: 'secret', sessionToken: undefined }) }
  const cases: { name: string; type: string; given: Record<string, string>; want: Record<string, string> }[] = [
    { name: 'are added where there are none', type: 's3', given: { bucket: 'ci' }, want: { bucket: 'ci', access_key_id: 'found', secret_access_key: 'secret' } },
    { name: 'stay where there are some', type: 's3', given: { access_key_id: 'a', secret_access_key: 'b' }, want: { access_key_id: 'a', secret_access_key: 'b' } },
    { name: 'are none of a registry', type: 'registry', given: { ref: 'app:cache' }, want: { ref: 'app:cache' } },
  ]
  for (const { name, type, given, want } of cases) {
    it(name, async () => assert.deepEqual(await withAwsCredentials(type, new Map(Object.entries(given)), source, signal), new Map(Object.entries(want))))
  }
})
