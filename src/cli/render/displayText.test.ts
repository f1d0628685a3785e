import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { columnsOf, fit, neutralize, neutralizeKeepingColor, truncate } from './displayText.ts'

describe('neutralize', () => {
  const cases = [
    { name: 'colours', text: '\u001b[1;31mred\u001b[0m', want: 'red' },
    { name: 'a window title', text: '\u001b]0;owned\u0007after', want: 'after' },
    { name: 'a hyperlink', text: '\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\', want: 'link' },
    { name: 'clearing the screen', text: '\u001b[2J\u001b[Hhere', want: 'here' },
    { name: 'a sequence that breaks off', text: 'a\u001b[', want: 'a' },
    { name: 'an escape alone', text: 'a\u001b', want: 'a' },
    { name: 'eight-bit sequences', text: '\u009b31mred', want: 'red' },
    { name: 'bells and backspaces', text: 'a\u0007\u0008b', want: 'ab' },
    { name: 'marks that turn the direction', text: 'a\u202eb', want: 'ab' },
    { name: 'tabs, as blanks', text: 'a\tb', want: 'a       b' },
  ]
  for (const { name, text, want } of cases) it(`takes away ${name}`, () => assert.equal(neutralize(text), want))
  it('leaves nothing that a terminal obeys', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => assert.doesNotMatch(neutralize(text), /\p{Cc}/u)))
  })
})

describe('neutralizeKeepingColor', () => {
  it('keeps colours and ends them with the line', () => assert.equal(neutralizeKeepingColor('\u001b[31mred\u001b[2J'), '\u001b[31mred\u001b[0m'))
  it('leaves a line without colours as it is', () => assert.equal(neutralizeKeepingColor('plain'), 'plain'))
})

describe('columnsOf', () => {
  const cases = [
    { text: 'abc', want: 3 },
    { text: '編譯', want: 4 },
    { text: 'é', want: 1 },
    { text: 'e\u0301', want: 1 },
    { text: '🚀', want: 2 },
    { text: '⚙', want: 1 },
    { text: '⚙\ufe0f', want: 2 },
    { text: '한글', want: 4 },
    { text: 'ｗｉｄｅ', want: 8 },
  ]
  for (const { text, want } of cases) it(`counts ${want} in ${JSON.stringify(text)}`, () => assert.equal(columnsOf(text), want))
})

describe('truncate', () => {
  it('leaves what fits', () => assert.equal(truncate('abc', 3), 'abc'))
  it('marks what it cut', () => assert.equal(truncate('abcd', 3), 'ab…'))
  it('cuts no wide character in half', () => assert.equal(truncate('編譯中', 4), '編…'))
  it('gives nothing for no columns', () => assert.equal(truncate('abc', 0), ''))
})

describe('fit', () => {
  it('is as wide as asked for', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }).map(neutralize), fc.integer({ min: 0, max: 40 }), (text, columns) => assert.equal(columnsOf(fit(text, columns)), columns)))
  })
})
