import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseCacheExports, parseCacheImports } from './cacheFlags.ts'

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
})
