import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { emptyTarget } from './bakeDefinition.ts'
import type { ResolvedTarget } from './resolve/resolvedBake.ts'
import { toBuildTargets } from './toBuildTargets.ts'

const resolved = (said: Partial<ResolvedTarget>): ResolvedTarget => ({ ...emptyTarget('app'), context: '.', dockerfile: 'Dockerfile', isLinked: false, ...said })
const convert = (said: Partial<ResolvedTarget>) => {
  const [target] = toBuildTargets({ groups: new Map(), targets: new Map([['app', resolved(said)]]), warnings: [] }, '/here')
  assert.ok(target !== undefined)
  return target
}

describe('toBuildTargets', () => {
  const dockerfiles: readonly (readonly [written: string, placed: string])[] = [
    ['Dockerfile', 'Dockerfile'],
    ['./a/../b', 'b'],
    ['../b', '../b'],
    ['/abs/x', '/abs/x'],
    ['cwd://x/y', '/here/x/y'],
    ['cwd:///abs', '/abs'],
    ['https://example.com/Dockerfile', 'https://example.com/Dockerfile'],
  ]
  for (const [written, placed] of dockerfiles) it(`finds the Dockerfile ${written}`, () => assert.equal(convert({ dockerfile: written }).dockerfile, placed))

  it('writes entries as the flags take them', () => {
    const { attests, cacheFrom, outputs, secrets, ssh, extraHosts } = convert({
      attest: [new Map([['type', 'provenance'], ['mode', 'max']]), new Map([['type', 'sbom'], ['disabled', 'true']])],
      cacheFrom: [new Map([['ref', 'user/app'], ['type', 'registry']])],
      outputs: [new Map([['dest', 'a,b'], ['type', 'local']]), new Map([['type', 'image'], ['annotation.x', 'a "b"']])],
      secrets: [{ id: 'a', source: 'x', variable: '' }, { id: 'b', source: '', variable: 'B' }],
      ssh: [{ id: 'default', paths: [] }, { id: 'k', paths: ['x', 'y'] }],
      extraHosts: new Map([['a', '10.0.0.1']]),
    })
    assert.deepEqual(
      { attests, cacheFrom, outputs, secrets, ssh, extraHosts },
      {
        attests: ['type=provenance,mode=max', 'type=sbom,disabled=true'],
        cacheFrom: ['type=registry,ref=user/app'],
        outputs: ['type=local,"dest=a,b"', 'type=image,"annotation.x=a ""b"""'],
        secrets: ['id=a,src=x', 'id=b,env=B'],
        ssh: ['default', 'k=x,y'],
        extraHosts: ['a=10.0.0.1'],
      },
    )
  })

  it('says BuildKit\'s lint as the flag does', () => assert.equal(convert({ call: 'lint' }).call, 'check'))
  it('has contexts of here by their path', () => assert.deepEqual([...convert({ contexts: new Map([['a', 'cwd://x'], ['b', 'target:c']]) }).contexts], [['a', 'x'], ['b', 'target:c']]))
  it('refuses what nothing here does', () => assert.throws(() => convert({ unsupported: ['policy'] }), { name: 'BakeError', message: 'target app: policy is not supported yet' }))
})
