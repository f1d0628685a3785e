import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRecentValues } from './recentValues.ts'

describe('createRecentValues', () => {
  it('keeps what there is room for, and what was asked for last', () => {
    const recent = createRecentValues<string>(10)
    recent.keep('a', 'first', 4)
    recent.keep('b', 'second', 4)
    assert.equal(recent.get('a'), 'first')
    recent.keep('c', 'third', 4)
    assert.deepEqual([recent.get('a'), recent.get('b'), recent.get('c')], ['first', undefined, 'third'])
  })
  it('keeps nothing that is too large', () => {
    const recent = createRecentValues<string>(10)
    recent.keep('a', 'large', 11)
    assert.equal(recent.get('a'), undefined)
  })
  it('forgets', () => {
    const recent = createRecentValues<string>(10)
    recent.keep('a', 'first', 4)
    recent.forget()
    assert.equal(recent.get('a'), undefined)
  })
})
