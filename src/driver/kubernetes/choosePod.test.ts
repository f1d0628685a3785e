import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { choosePod } from './choosePod.ts'
import type { PodState } from './podState.ts'

function podsNamed(names: readonly string[], isReady = true): readonly PodState[] {
  return names.map((name) => ({ name, isRunning: true, isReady, trouble: undefined }))
}

const sticky = (pods: readonly PodState[], key: string): string | undefined => choosePod(pods, { loadBalance: 'sticky', key, random: () => 0 })?.name

describe('a pod', () => {
  it('is chosen by the key, and stays while it is there, whichever others come and go', () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 8 })
    fc.assert(fc.property(names, fc.string(), fc.nat(), (all, key, number) => {
      const chosen = sticky(podsNamed(all), key)
      const others = all.filter((name) => name !== chosen)
      const without = all.filter((name) => name !== others[number % others.length])
      assert.equal(sticky(podsNamed(without.toReversed()), key), chosen)
    }))
  })
  it('is not the same for every key', () => {
    const keys = Array.from({ length: 50 }, (_, number) => `/src/${number}`)
    assert.deepEqual([...new Set(keys.map((key) => sticky(podsNamed(['a', 'b', 'c']), key)))].toSorted(), ['a', 'b', 'c'])
  })
  it('is any of them at random', () => {
    const at = (random: number): string | undefined => choosePod(podsNamed(['a', 'b', 'c']), { loadBalance: 'random', key: '', random: () => random })?.name
    assert.deepEqual([at(0), at(0.5), at(0.999)], ['a', 'b', 'c'])
  })
  it('is one that is ready where there is one', () => assert.equal(sticky([...podsNamed(['a', 'b', 'c'], false), ...podsNamed(['d'])], 'k'), 'd'))
  it('is none where none runs', () => assert.equal(sticky([], 'k'), undefined))
})
