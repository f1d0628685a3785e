import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parsePlatform } from '../../ground/platform.ts'
import { parseCacheExports, parseCacheImports, perPlatform } from './cacheFlags.ts'

const registry = (ref: string, more: Readonly<Record<string, string>> = {}): { readonly type: string; readonly attributes: ReadonlyMap<string, string> } => ({ type: 'registry', attributes: new Map(Object.entries({ ref, ...more })) })

describe('the flags for caches', () => {
  const imports = [
    { texts: ['app:cache'], want: [registry('app:cache')] },
    { texts: ['a,b', 'c'], want: [registry('a'), registry('b'), registry('c')] },
    { texts: ['TYPE=registry,Ref=host:5000/a'], want: [registry('host:5000/a')] },
  ]
  for (const { texts, want } of imports) it(`take ${texts.join(' ')}`, () => assert.deepEqual(parseCacheImports(texts), want))
  for (const text of ['', 'ref=a', 'type=registry,ref', 'type=registry,,ref=a']) it(`refuse ${JSON.stringify(text)}`, () => assert.throws(() => parseCacheImports([text]), { name: 'UsageError' }))

  it('add a cache in the image where the build argument asks for it, once', () => {
    const args = new Map([['BUILDKIT_INLINE_CACHE', '1']])
    assert.deepEqual(parseCacheExports([], args).map(({ type }) => type), ['inline'])
    assert.deepEqual(parseCacheExports(['type=inline'], args).map(({ type }) => type), ['inline'])
    assert.deepEqual(parseCacheExports([], new Map([['BUILDKIT_INLINE_CACHE', '0']])), [])
  })

  it('give each machine that builds a part a tag of its own', () => {
    const platforms = ['linux/arm64', 'linux/amd64'].map((text) => parsePlatform(text))
    const tagOf = (text: string): string | undefined => perPlatform(parseCacheImports([text]), platforms)[0]?.attributes.get('ref')
    assert.equal(tagOf('localhost:5000/app:cache'), 'localhost:5000/app:cache-linux-amd64-linux-arm64')
    assert.equal(tagOf('localhost:5000/app'), 'localhost:5000/app:latest-linux-amd64-linux-arm64')
    assert.equal(tagOf('type=registry,ref=localhost:5000/app:cache,per-platform=false'), 'localhost:5000/app:cache')
    assert.deepEqual(perPlatform([{ type: 'inline', attributes: new Map() }], platforms), [{ type: 'inline', attributes: new Map() }])
  })
})
