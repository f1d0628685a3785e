import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { InvalidValueError } from '../ground/errors.ts'
import { formatGoDuration, parseGoDuration, quoteGo, quoteGoCharacter, quoteGoList } from './goText.ts'

describe('quoteGo', () => {
  const cases = [
    { text: 'plain', want: '"plain"' },
    { text: 'a"b\\c', want: '"a\\"b\\\\c"' },
    { text: '\u0007\b\f\n\r\t\v', want: '"\\a\\b\\f\\n\\r\\t\\v"' },
    { text: '\u0000\u007f', want: '"\\x00\\x7f"' },
    { text: '한 é', want: '"한 é"' },
    { text: '\u00a0\u200b', want: '"\\u00a0\\u200b"' },
    { text: '\u{e0001}', want: '"\\U000e0001"' },
  ]
  for (const { text, want } of cases) it(`writes ${want}`, () => assert.equal(quoteGo(text), want))
  it('writes lists with blanks between', () => assert.equal(quoteGoList(['a', 'b c']), '["a" "b c"]'))
})

describe('quoteGoCharacter', () => {
  const cases = [
    { code: 0, want: "'\\x00'" },
    { code: 4, want: "'\\x04'" },
    { code: 10, want: "'\\n'" },
    { code: 34, want: "'\"'" },
    { code: 39, want: "'\\''" },
    { code: 92, want: "'\\\\'" },
    { code: 65, want: "'A'" },
    { code: 0xd800, want: "'\ufffd'" },
    { code: 2_000_000, want: "'\ufffd'" },
  ]
  for (const { code, want } of cases) it(`writes ${want}`, () => assert.equal(quoteGoCharacter(code), want))
})

describe('Go durations', () => {
  const cases = [
    { text: '0', ns: 0, again: '0s' },
    { text: '5s', ns: 5e9, again: '5s' },
    { text: '1m30s', ns: 90e9, again: '1m30s' },
    { text: '90m', ns: 5400e9, again: '1h30m0s' },
    { text: '1.5s', ns: 1.5e9, again: '1.5s' },
    { text: '1.001s', ns: 1_001e6, again: '1.001s' },
    { text: '.5m', ns: 30e9, again: '30s' },
    { text: '100ms', ns: 1e8, again: '100ms' },
    { text: '1500us', ns: 1.5e6, again: '1.5ms' },
    { text: '12µs', ns: 12e3, again: '12µs' },
    { text: '7ns', ns: 7, again: '7ns' },
    { text: '1h', ns: 3600e9, again: '1h0m0s' },
  ]
  for (const { text, ns, again } of cases) it(`reads ${text} and writes ${again}`, () => assert.deepEqual([parseGoDuration(text), formatGoDuration(ns)], [ns, again]))
  for (const text of ['', '5', '-', 's', '1x', '1s ', '1..5s']) it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseGoDuration(text), InvalidValueError))
  it('reads what it writes', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 1_000_000 }), (ms) => assert.equal(parseGoDuration(formatGoDuration(ms * 1e6)), ms * 1e6)))
  })
})
