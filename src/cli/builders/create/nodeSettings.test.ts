import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DriverName } from '../../../driver/builders/builder.ts'
import { planSettings, type NodeSettings, type SettingsWish } from './nodeSettings.ts'

const HOST = '--allow-insecure-entitlement=network.host'
const NONE: NodeSettings = { options: new Map(), flags: [], files: new Map() }

function file(text: string): ReadonlyMap<string, string> {
  return new Map([['buildkitd.toml', text]])
}

function plan(wish: Partial<SettingsWish>, driver: DriverName = 'docker-container', before?: NodeSettings): NodeSettings {
  return planSettings({ options: [], flags: undefined, config: undefined, ...wish }, driver, before)
}

describe('planSettings', () => {
  const flags: readonly (readonly [name: string, wish: Partial<SettingsWish>, want: readonly string[], before?: NodeSettings])[] = [
    ['the network of its container', {}, [HOST]],
    ['what the user allows, and no more', { flags: '--allow-insecure-entitlement security.insecure' }, ['--allow-insecure-entitlement', 'security.insecure']],
    ['the network of this machine where the container has that', { options: ['network=host'], flags: '--allow-insecure-entitlement=security.insecure' }, ['--allow-insecure-entitlement=security.insecure', HOST]],
    ['the network once', { flags: `--debug ${HOST}` }, ['--debug', HOST]],
    ['what its configuration allows', { config: file('insecure-entitlements = [ "security.insecure" ]') }, []],
    ['the flags that it had', {}, ['--debug', HOST], { ...NONE, flags: ['--debug', HOST] }],
    ['other flags than it had', { flags: '--oci-worker-net=bridge' }, ['--oci-worker-net=bridge', HOST], { ...NONE, flags: ['--debug'] }],
  ]
  for (const [name, wish, want, before] of flags) it(`gives a buildkitd ${name}`, () => assert.deepEqual(plan(wish, 'docker-container', before).flags, want))

  it('keeps the text of the configuration', () => {
    const before = plan({ config: file('debug = true\n') })
    assert.deepEqual(before.files, file('debug = true\n'))
    assert.deepEqual(plan({}, 'docker-container', before).files, before.files)
    assert.deepEqual(plan({ config: file('debug = false\n') }, 'docker-container', before).files, file('debug = false\n'))
  })
  it('replaces options as a whole, as buildx does', () => {
    const before = plan({ options: ['default-load=true'] }, 'embedded')
    assert.deepEqual(plan({}, 'embedded', before).options, new Map([['default-load', 'true']]))
    assert.deepEqual(plan({ options: ['network=host'] }, 'embedded', before).options, new Map([['network', 'host']]))
  })
})
