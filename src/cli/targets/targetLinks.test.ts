import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkLinks } from './targetLinks.ts'

const target = (name: string, ...wanted: readonly string[]): Parameters<typeof checkLinks>[0][number] => ({ name, contexts: new Map([['files', './folder'], ...wanted.map((other) => [`of-${other}`, `target:${other}`] as const)]) })

describe('targets that stand on others', () => {
  it('may stand on one that others stand on too, in any order', () => {
    checkLinks([target('app', 'base', 'tools'), target('tools', 'base'), target('base')])
  })
  it('are refused where one is not there, with the nearest', () => {
    assert.throws(() => checkLinks([target('app', 'bas'), target('base')]), { name: 'UsageError', message: 'target app: context of-bas is the target "bas", which is not there', hint: 'did you mean base?' })
  })
  it('are refused where they stand on each other, with the way around', () => {
    assert.throws(() => checkLinks([target('top', 'a'), target('a', 'b'), target('b', 'a')]), { name: 'UsageError', message: 'targets stand on each other: a → b → a' })
    assert.throws(() => checkLinks([target('self', 'self')]), { message: 'targets stand on each other: self → self' })
  })
})
