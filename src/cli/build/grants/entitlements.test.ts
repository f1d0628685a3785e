import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readEntitlements } from './entitlements.ts'

describe('what the user lets a build do', () => {
  const cases = [
    { allow: [], network: 'default', want: [] },
    { allow: ['security.insecure', 'security.insecure'], network: 'default', want: ['security.insecure'] },
    { allow: [], network: 'host', want: ['network.host'] },
    { allow: ['network.host'], network: 'host', want: ['network.host'] },
  ] as const
  for (const { allow, network, want } of cases) it(`is ${JSON.stringify(want)} with --allow ${allow.join(',')} and --network ${network}`, () => assert.deepEqual(readEntitlements({ allow, network }), want))
  it('is nothing that it cannot be', () => {
    assert.throws(() => readEntitlements({ allow: ['security.insecur'], network: 'default' }), { name: 'UsageError', hint: 'did you mean security.insecure?' })
    assert.throws(() => readEntitlements({ allow: ['all'], network: 'default' }), { name: 'UsageError', hint: /network\.host, security\.insecure, device and device=NAME/ })
  })
})
