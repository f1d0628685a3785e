import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { InvalidValueError } from '../../../ground/errors.ts'
import { substitute } from './template.ts'

const VALUES = new Map([['SET', 'x'], ['EMPTY', ''], ['_1', 'under']])

function fill(text: string): { readonly text: string; readonly unset: readonly string[] } {
  const unset: string[] = []
  return { text: substitute(text, { lookup: (name) => VALUES.get(name), onUnset: (name) => unset.push(name) }), unset }
}

describe('substitute', () => {
  const cases = [
    ['$SET', 'x'], ['${SET}', 'x'], ['a$SET.b', 'ax.b'], ['$_1', 'under'], ['$$SET', '$SET'], ['$$$SET', '$x'],
    ['${SET:-d}', 'x'], ['${EMPTY:-d}', 'd'], ['${UNSET:-d}', 'd'], ['${EMPTY-d}', ''], ['${UNSET-d}', 'd'],
    ['${SET:+d}', 'd'], ['${EMPTY:+d}', ''], ['${UNSET:+d}', ''], ['${EMPTY+d}', 'd'], ['${UNSET+d}', ''],
    ['${SET:?m}', 'x'], ['${EMPTY?m}', ''], ['${UNSET:-${SET}}', 'x'], ['${UNSET:-${EMPTY:-${_1}}}', 'under'], ['${UNSET:-a}b}', 'ab}'], ['${UNSET:-}', ''], ['${UNSET:-$$}', '$'], ['no variable', 'no variable'], ['$', '$'], ['$1 a$ $-', '$1 a$ $-'], ['${UNSET:-$}', '$'], ['', ''],
  ] as const
  for (const [text, want] of cases) it(`${JSON.stringify(text)} is ${JSON.stringify(want)}`, () => assert.deepEqual(fill(text), { text: want, unset: [] }))

  it('tells what is not set, and takes it as empty', () => assert.deepEqual(fill('a$NONE-${NADA}b'), { text: 'a-b', unset: ['NONE', 'NADA'] }))
  for (const text of ['${', '${}', '${SET', '${SET!x}', '${1A}', '${SET:=x}', '${UNSET:-${}}']) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => fill(text), InvalidValueError))
  }
  for (const text of ['${UNSET?why}', '${UNSET:?why}', '${EMPTY:?why}', '${UNSET:-${NONE:?why}}']) {
    it(`fails for ${JSON.stringify(text)}, and says why`, () => assert.throws(() => fill(text), /is missing a value: why$/))
  }
  it('is bounded in depth', () => assert.throws(() => fill(`${'${A:-'.repeat(10_000)}${'}'.repeat(10_000)}`), /nested more than/))
  it('leaves a text with doubled dollar signs as it was', () => {
    fc.assert(fc.property(fc.string(), (text) => assert.equal(fill(text.replaceAll('$', '$$$$')).text, text)))
  })
})
