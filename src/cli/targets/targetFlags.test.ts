import assert from 'node:assert/strict'
import { mkdir, mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { BuildTarget } from '../../project/buildTarget.ts'
import type { BuildFlags } from '../build/buildFlags.ts'
import { buildTarget } from './buildTarget.suite.ts'
import { targetFlags } from './targetFlags.ts'

describe('the flags of a target', () => {
  const cases: readonly (readonly [name: string, target: Partial<BuildTarget>, flags: Partial<BuildFlags>])[] = [
    ['are those of a build where it says nothing', {}, { tag: [], network: 'default', call: 'build', file: undefined, progress: 'auto', audit: undefined }],
    ['have its maps as assignments', { args: new Map([['A', 'x=y']]), labels: new Map([['b', '']]), contexts: new Map([['c', 'target:d']]) }, { 'build-arg': ['A=x=y'], label: ['b='], 'build-context': ['c=target:d'] }],
    ['have its lists as they are', { tags: ['a', 'b'], attests: ['type=sbom'], cacheTo: ['type=inline'], noCacheFilter: ['s'] }, { tag: ['a', 'b'], attest: ['type=sbom'], 'cache-to': ['type=inline'], 'no-cache-filter': ['s'] }],
    ['have a stage as target, and a network', { stage: 'build', network: 'none', noCache: true, call: 'check' }, { target: 'build', network: 'none', 'no-cache': true, call: 'check' }],
    ['name a Dockerfile in a folder from where the command is', { context: 'web', dockerfile: 'prod.Dockerfile' }, { file: 'web/prod.Dockerfile' }],
    ['name a Dockerfile elsewhere as it is written', { context: 'web', dockerfile: '/other/Dockerfile' }, { file: '/other/Dockerfile' }],
    ['leave a Dockerfile in a repository to the engine', { context: 'https://host/a.git', dockerfile: 'sub/Dockerfile' }, { file: 'sub/Dockerfile' }],
    ['name no Dockerfile where it is written in the target', { context: 'web', dockerfile: 'Dockerfile', dockerfileInline: 'FROM scratch' }, { file: undefined }],
  ]
  for (const [name, target, want] of cases) {
    it(name, async () => {
      await using folder = await mkdtempDisposable(join(tmpdir(), 'pelago-target-'))
      await mkdir(join(folder.path, 'web'))
      const flags = await targetFlags(buildTarget(target), folder.path)
      assert.deepEqual(Object.fromEntries(Object.keys(want).map((key) => [key, flags[key as keyof BuildFlags]])), want)
    })
  }
  it('are refused for a network that there is not', async () => {
    await assert.rejects(targetFlags(buildTarget({ network: 'bridge' }), '/'), { name: 'UsageError', message: 'target app: invalid network: "bridge"' })
  })
})
