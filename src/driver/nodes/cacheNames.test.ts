import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parsePlatform } from '../../ground/platform.ts'
import type { CacheRequest } from '../driver.ts'
import { isOwnName, ownCaches, sharedCaches } from './cacheNames.ts'

const cache = (text: string): CacheRequest => {
  const { type = '', ...rest } = Object.fromEntries(text.split(',').map((field) => field.split('=') as [string, string]))
  return { type, attributes: new Map(Object.entries(rest)) }
}
const written = ({ type, attributes }: CacheRequest): string => [`type=${type}`, ...[...attributes].map(([key, value]) => `${key}=${value}`)].join(',')
const platforms = (...texts: readonly string[]): ReturnType<typeof parsePlatform>[] => texts.map((text) => parsePlatform(`linux/${text}`))

describe('the caches of several machines', () => {
  const cases = [
    ['type=registry,ref=localhost:5000/app:cache', 'type=registry,ref=localhost:5000/app:cache-linux-amd64-linux-arm64'],
    ['type=registry,ref=localhost:5000/app', 'type=registry,ref=localhost:5000/app:latest-linux-amd64-linux-arm64'],
    ['type=registry,ref=localhost:5000/app:cache,per-platform=false', 'type=registry,ref=localhost:5000/app:cache'],
    ['type=registry,ref=localhost:5000/app:cache,per-platform=0', 'type=registry,ref=localhost:5000/app:cache'],
    [`type=registry,ref=localhost:5000/app@sha256:${'a'.repeat(64)}`, `type=registry,ref=localhost:5000/app@sha256:${'a'.repeat(64)}`],
    ['type=gha', 'type=gha,scope=buildkit-linux-amd64-linux-arm64'],
    ['type=gha,scope=app,mode=max', 'type=gha,scope=app-linux-amd64-linux-arm64,mode=max'],
    ['type=s3,name=main;topic', 'type=s3,name=main-linux-amd64-linux-arm64;topic-linux-amd64-linux-arm64'],
    ['type=s3,bucket=b', 'type=s3,bucket=b,name=buildkit-linux-amd64-linux-arm64'],
    ['type=local,dest=cache', 'type=local,dest=cache,tag=latest-linux-amd64-linux-arm64'],
    ['type=local,src=cache,tag=v1', 'type=local,src=cache,tag=v1-linux-amd64-linux-arm64'],
    ['type=local,src=cache,digest=sha256:0', 'type=local,src=cache,digest=sha256:0'],
    ['type=inline', 'type=inline'],
  ] as const
  for (const [given, want] of cases) it(`have names of their own: ${given}`, () => assert.deepEqual(ownCaches([cache(given)], platforms('arm64', 'amd64')).map(written), [want]))

  it('are refused where it is not said whether they have', () => {
    assert.throws(() => ownCaches([cache('type=gha,per-platform=no')], platforms('amd64')), { name: 'InvalidValueError', message: 'invalid per-platform of a cache: "no"' })
  })

  it('are known by their names', () => {
    assert.deepEqual(['latest-linux-arm64', 'latest', 'latest-night', 'v1-linux-arm64'].filter((name) => isOwnName(name, 'latest')), ['latest-linux-arm64'])
  })

  it('are looked into by all, nearest first, each once', () => {
    const found = sharedCaches([cache('type=gha'), cache('type=inline')], platforms('arm64'), [platforms('amd64', '386'), platforms('arm64')]).map(written)
    assert.deepEqual(found, ['type=gha,scope=buildkit-linux-arm64', 'type=inline', 'type=gha,scope=buildkit-linux-386-linux-amd64', 'type=gha'])
  })
})
