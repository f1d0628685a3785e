import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { formatGoJson, type GoJson } from './goJson.ts'

describe('formatGoJson', () => {
  const cases: readonly (readonly [name: string, value: GoJson, text: string])[] = [
    ['escapes what HTML would take for itself', 'a<b>&\u2028', '"a\\u003cb\\u003e\\u0026\\u2028"'],
    ['sorts maps by key, numbers too', new Map([['9', 1], ['a', 2], ['10', 3], ['__proto__', 4]]), '{"10":3,"9":1,"__proto__":4,"a":2}'],
    ['leaves out what is absent', { b: undefined, a: null }, '{"a":null}'],
    ['writes what is empty', { a: [], b: {}, c: new Map() }, '{"a":[],"b":{},"c":{}}'],
  ]
  for (const [name, value, text] of cases) {
    it(name, () => {
      assert.equal(formatGoJson(value, 'compact'), text)
    })
  }

  it('is JSON.stringify where nothing is special', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: true }), (value) => {
        const plain = JSON.parse(JSON.stringify(value).replaceAll(/[<>&]/g, '_')) as GoJson
        assert.equal(formatGoJson(plain, 'compact'), JSON.stringify(plain))
        assert.equal(formatGoJson(plain, 'indented'), JSON.stringify(plain, undefined, 2))
      }),
    )
  })
})
