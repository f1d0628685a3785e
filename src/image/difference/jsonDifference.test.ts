import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compareJson } from './jsonDifference.ts'

describe('compareJson', () => {
  const cases: readonly { readonly name: string; readonly first: unknown; readonly second: unknown; readonly want: readonly string[] }[] = [
    { name: 'nothing in equal documents of another order', first: { a: 1, b: [{ c: 2 }] }, second: { b: [{ c: 2 }], a: 1 }, want: [] },
    { name: 'a field', first: { config: { Env: ['A=1', 'B=2'] } }, second: { config: { Env: ['A=1', 'B=3'] } }, want: ['config.Env[1]: "B=2" | "B=3"'] },
    { name: 'what one has not', first: { a: 1 }, second: { b: [1] }, want: ['a: 1 | undefined', 'b: undefined | [1]'] },
    { name: 'a longer list', first: [1], second: [1, 2], want: ['[1]: undefined | 2'] },
    { name: 'another kind', first: { a: [] }, second: { a: {} }, want: ['a: [] | {}'] },
  ]
  for (const { name, first, second, want } of cases) {
    it(`finds ${name}`, () => assert.deepEqual(compareJson(first, second).map(({ field, first: a, second: b }) => `${field}: ${a} | ${b}`), want))
  }
})
