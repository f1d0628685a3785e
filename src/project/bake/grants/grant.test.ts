import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { emptyTarget } from '../bakeDefinition.ts'
import type { Override } from '../resolve/overrides.ts'
import type { ResolvedTarget } from '../resolve/resolvedBake.ts'
import { formatGrant, parseGrant } from './grant.ts'
import { overrideGrants } from './overrideGrants.ts'
import { wantedGrants } from './wantedGrants.ts'

describe('parseGrant', () => {
  const cases: readonly (readonly [text: string, flags: readonly string[]])[] = [
    ['network.host', ['--allow=network.host']],
    ['ssh', ['--allow=ssh']],
    ['device', ['--allow=device']],
    ['device=vendor.com/gpu', ['--allow=device=vendor.com/gpu']],
    ['device=name=vendor.com/gpu,alias=x', ['--allow=device=vendor.com/gpu']],
    ['fs=*', ['--allow=fs.read=*', '--allow=fs.write=*']],
    ['fs.read=../a=b', ['--allow=fs.read=../a=b']],
  ]
  for (const [text, flags] of cases) it(`reads ${text}`, () => assert.deepEqual(parseGrant(text).map(formatGrant), flags))
  for (const text of ['fs', 'fs.read=', 'ssh=x', 'network', 'image.push=x', '*', '']) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseGrant(text), { name: 'BakeError' }))
  }
  it('names the nearest', () => assert.throws(() => parseGrant('network.hots'), { hint: 'did you mean network.host?' }))
})

describe('wantedGrants', () => {
  const wanted = (said: Partial<ResolvedTarget>): readonly string[] => {
    const target = { ...emptyTarget('app'), context: '.', dockerfile: 'Dockerfile', isLinked: false, ...said }
    return wantedGrants({ targets: new Map([['app', target]]) }).map((grant) => `${formatGrant(grant).replace('--allow=', '')} ${grant.purpose.replace('target app: ', '')}`)
  }
  const local = (fields: Readonly<Record<string, string>>): ReadonlyMap<string, string> => new Map(Object.entries({ type: 'local', ...fields }))
  const own = ['fs.read=. context', 'fs.read=./Dockerfile dockerfile']
  const cases: readonly (readonly [name: string, said: Partial<ResolvedTarget>, grants: readonly string[]])[] = [
    ['the folder and the Dockerfile', {}, own],
    ['a Dockerfile beside the context', { context: 'a', dockerfile: '../../x' }, ['fs.read=a context', 'fs.read=a/../../x dockerfile']],
    ['nothing of a remote context', { context: 'https://example.com/x.git' }, []],
    ['a Dockerfile of here for a remote context', { context: 'https://example.com/x.git', dockerfile: 'cwd://x' }, ['fs.read=x dockerfile']],
    ['named contexts that are paths', { contexts: new Map([['a', '../a'], ['b', 'target:b'], ['c', 'docker-image://c'], ['d', 'oci-layout://../d:tag'], ['e', 'cwd://e']]) }, [...own, 'fs.read=../a context a', 'fs.read=../d context d', 'fs.read=e context e']],
    ['files of secrets, by their id too', { secrets: [{ id: 'a', source: '../a', variable: '' }, { id: '/etc/b', source: '', variable: '' }, { id: 'c', source: '', variable: 'C' }] }, [...own, 'fs.read=../a secret a', 'fs.read=/etc/b secret /etc/b']],
    ['the agent, and keys', { ssh: [{ id: 'default', paths: [] }, { id: 'k', paths: ['a', 'b'] }] }, [...own, 'ssh ssh default', 'fs.read=a ssh k', 'fs.read=b ssh k']],
    ['caches in folders', { cacheFrom: [local({ src: 'a' }), new Map([['type', 'gha']])], cacheTo: [local({ dest: 'b' })] }, [...own, 'fs.read=a cache-from', 'fs.write=b cache-to']],
    ['outputs, by both names', { outputs: [local({ dest: 'a' }), new Map([['type', 'tar'], ['dest', '-']]), new Map([['type', 'oci'], ['destination', 'b']])] }, [...own, 'fs.write=a output', 'fs.write=b output']],
    ['entitlements', { entitlements: ['network.host', 'device=name=x'] }, ['network.host entitlements', 'device=x entitlements', ...own]],
  ]
  for (const [name, said, grants] of cases) it(`wants ${name}`, () => assert.deepEqual(wanted(said), grants))
})

describe('overrideGrants', () => {
  const override = (key: Override['key'], value: string): Override => ({ pattern: '*', key, name: '', value, isAppended: false })
  const cases: readonly (readonly [override: Override, flags: readonly string[]])[] = [
    [override('context', '../a'), ['--allow=fs.read=../a']],
    [override('output', 'type=local,dest=../a'), ['--allow=fs.write=../a']],
    [override('cache-from', 'type=local,src=../a'), ['--allow=fs.read=../a']],
    [override('cache-to', 'type=local,dest=../a'), ['--allow=fs.write=../a']],
    [override('secrets', 'id=a,src=../a'), ['--allow=fs.read=../a']],
    [override('ssh', 'default'), ['--allow=ssh']],
    [override('ssh', 'k=a,b'), ['--allow=fs.read=a', '--allow=fs.read=b']],
    [override('entitlements', 'network.host'), ['--allow=network.host']],
    [override('network', 'host'), ['--allow=network.host']],
    [override('tags', 'x'), []],
    [override('output', ''), []],
  ]
  for (const [one, flags] of cases) it(`grants for ${one.key}=${one.value}`, () => assert.deepEqual(overrideGrants([one]).map(formatGrant), flags))
})
