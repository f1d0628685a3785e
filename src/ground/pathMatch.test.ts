import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { InvalidValueError } from './errors.ts'
import { hasWildcard, matchPath } from './pathMatch.ts'

describe('matchPath', () => {
  const cases: readonly (readonly [pattern: string, name: string, matches: boolean])[] = [
    ['abc', 'abc', true],
    ['*', 'abc', true],
    ['*c', 'abc', true],
    ['a*', 'ab/c', false],
    ['a*/b', 'abc/b', true],
    ['a*b*c*d*e*/f', 'axbxcxdxe/f', true],
    ['a*b*c*d*e*/f', 'axbxcxdxexxx/fff', false],
    ['ab[c]', 'abc', true],
    ['ab[b-d]', 'abc', true],
    ['ab[e-g]', 'abc', false],
    ['ab[^c]', 'abc', false],
    ['ab[^e-g]', 'abc', true],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'ab', false],
    ['a?b', 'a☺b', true],
    ['a[^a]b', 'a☺b', true],
    ['a???b', 'a☺b', false],
    ['[a-ζ]*', 'α', true],
    ['a?b', 'a/b', false],
    ['a*b', 'a/b', false],
    ['[\\]a]', ']', true],
    ['[\\-x]', '-', true],
    ['[x\\-]', 'z', false],
    ['[!a]', '!', true],
    ['[z-a]', 'b', false],
    ['*x', 'xxx', true],
    ['a.b', 'axb', false],
    ['a', 'a\n', false],
    ['', '', true],
  ]
  for (const [pattern, name, matches] of cases) {
    it(`${JSON.stringify(pattern)} ${matches ? 'matches' : 'does not match'} ${JSON.stringify(name)}`, () => assert.equal(matchPath(pattern, name), matches))
  }
  for (const pattern of ['[]a]', '[-]', '[x-]', '[-x]', 'a[', '[', '[^', '[^bc', '[a-', '\\', 'a\\', '[a-b-c]']) {
    it(`refuses the pattern ${JSON.stringify(pattern)}`, () => assert.throws(() => matchPath(pattern, 'a'), InvalidValueError))
  }
  it('matches any name against itself with every character escaped', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (name) => matchPath(Array.from(name, (character) => `\\${character}`).join(''), name)))
  })
  it('throws nothing but InvalidValueError, whatever the pattern is', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('[', ']', '^', '-', '\\', '*', '?', 'a', 'z', '/', '{', '(') }), fc.string(), (pattern, name) => {
        try {
          matchPath(pattern, name)
        } catch (error) {
          assert.ok(error instanceof InvalidValueError)
        }
      }),
    )
  })
})

describe('hasWildcard', () => {
  const cases = [
    { pattern: 'a/b.txt', want: false },
    { pattern: '*.txt', want: true },
    { pattern: 'a?', want: true },
    { pattern: '[ab]', want: true },
    { pattern: 'a\\*', want: false },
    { pattern: '\\\\*', want: true },
  ]
  for (const { pattern, want } of cases) it(`says ${want ? 'yes' : 'no'} to ${pattern}`, () => assert.equal(hasWildcard(pattern), want))
})
