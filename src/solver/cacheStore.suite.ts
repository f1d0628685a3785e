import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../ground/digest.ts'
import { rootKey } from './cacheKey.ts'
import type { CacheLink, CacheStore, KeyId } from './cacheStore.ts'

/** What every CacheStore must do; each implementation's own test calls this. */
export function cacheStoreSuite(name: string, createStore: () => CacheStore): void {
  const [parent, child, other] = [key('parent'), key('child'), key('other')]
  const link: CacheLink = { input: 0, output: 0, digest: digestOf('op'), selector: '/src' }

  describe(`${name} is a cache store`, () => {
    it('knows nothing at first', () => {
      const store = createStore()
      assert.deepEqual(store.follow(parent, link), [])
      assert.deepEqual(store.results([parent]), [])
      assert.deepEqual(store.results([]), [])
    })

    it('follows a link to every key that was recorded for it, each once', () => {
      const store = createStore()
      const links = [child, other, child].map((to) => ({ parent, link, child: to }))
      store.record({ links, results: [] })
      store.record({ links, results: [] })
      assert.deepEqual([...store.follow(parent, link)].sort(), [child, other].sort())
    })

    it('tells what leads to a key, each once', () => {
      const store = createStore()
      const links = [{ parent, link, child }, { parent: other, link: { ...link, input: 1, selector: '' }, child }]
      store.record({ links: [...links, { parent, link, child: other }], results: [] })
      store.record({ links, results: [] })
      const leads = store.leadsTo(child).toSorted((a, b) => a.input - b.input)
      assert.deepEqual(leads, [{ parent, input: 0, selector: '/src' }, { parent: other, input: 1, selector: '' }])
      assert.deepEqual(store.leadsTo(parent), [])
    })

    const nearMisses: readonly { readonly what: string; readonly near: CacheLink }[] = [
      { what: 'input', near: { ...link, input: 1 } },
      { what: 'output', near: { ...link, output: 1 } },
      { what: 'op', near: { ...link, digest: digestOf('another op') } },
      { what: 'selector', near: { ...link, selector: '' } },
    ]
    for (const { what, near } of nearMisses) {
      it(`does not take a link for one of another ${what}`, () => {
        const store = createStore()
        store.record({ links: [{ parent, link, child }], results: [] })
        assert.deepEqual(store.follow(parent, near), [])
      })
    }

    it('gives the newest result of several keys first, each once', () => {
      const store = createStore()
      store.record({ links: [], results: [{ key: child, result: 'a' }] })
      store.record({ links: [], results: [{ key: other, result: 'b' }] })
      assert.deepEqual(store.results([child, other]), ['b', 'a'])
      store.record({ links: [], results: [{ key: other, result: 'a' }] })
      assert.deepEqual(store.results([child, other]), ['a', 'b'])
    })

    it('forgets a result under every key, and keeps the links', () => {
      const store = createStore()
      store.record({ links: [{ parent, link, child }], results: [{ key: child, result: 'gone' }, { key: other, result: 'gone' }, { key: child, result: 'kept' }] })
      store.removeResult('gone')
      assert.deepEqual(store.results([child, other]), ['kept'])
      assert.deepEqual(store.follow(parent, link), [child])
    })
  })
}

function key(text: string): KeyId {
  return rootKey(digestOf(text), 0)
}
