import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseChallenges } from './challenge.ts'

describe('parseChallenges', () => {
  const cases: { header: string; want: [string, Record<string, string>][] }[] = [
    { header: 'Basic realm="Registry"', want: [['basic', { realm: 'Registry' }]] },
    {
      header: 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
      want: [['bearer', { realm: 'https://auth.docker.io/token', service: 'registry.docker.io', scope: 'repository:a/b:pull,push' }]],
    },
    { header: 'Basic realm="a", Bearer Realm="b", service=c', want: [['basic', { realm: 'a' }], ['bearer', { realm: 'b', service: 'c' }]] },
    { header: 'Negotiate', want: [['negotiate', {}]] },
    { header: 'Bearer realm="with \\"quotes\\""', want: [['bearer', { realm: 'with "quotes"' }]] },
    { header: 'bearer error = "invalid_token"', want: [['bearer', { error: 'invalid_token' }]] },
    { header: 'Bearer constructor="x"', want: [['bearer', { constructor: 'x' }]] },
    { header: "Bearer realm='https://a/token',service='b'", want: [['bearer', { realm: 'https://a/token', service: 'b' }]] },
    { header: 'Bearer realm=https://a/token service="b"', want: [['bearer', { realm: 'https://a/token', service: 'b' }]] },
    { header: 'Bearer service="b",realm="https://a/token', want: [['bearer', { service: 'b', realm: 'https://a/token' }]] },
    { header: '', want: [] },
    { header: '"', want: [] },
  ]
  for (const { header, want } of cases) {
    it(`reads ${JSON.stringify(header)}`, () => {
      const got = parseChallenges([header]).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])
      assert.deepEqual(got, want)
    })
  }
})
