import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { fromText } from '../../../kit/byteString.ts'
import { createPathFilter } from './patternFilter.ts'

const NAMES = ['a', 'b', 'a.c', 'deep']
const PATHS = NAMES.flatMap((one) => [one, ...NAMES.flatMap((two) => [`${one}/${two}`, ...NAMES.map((three) => `${one}/${two}/${three}`)])])

function takenBy(includePatterns: readonly string[], excludePatterns: readonly string[] = []): readonly string[] {
  const filter = createPathFilter({ includePatterns, excludePatterns })
  return PATHS.filter((path) => filter.includes(fromText(path)))
}

describe('a path filter', () => {
  const cases = [
    { name: 'takes a folder with all that is in it', include: ['a/b'], exclude: [], want: ['a/b', 'a/b/a', 'a/b/b', 'a/b/a.c', 'a/b/deep'] },
    { name: 'takes what any number of folders leads to', include: ['b/**/*.c'], exclude: [], want: ['b/a/a.c', 'b/b/a.c', 'b/a.c', 'b/a.c/a', 'b/a.c/b', 'b/a.c/a.c', 'b/a.c/deep', 'b/deep/a.c'] },
    { name: 'takes nothing that is excluded', include: ['a/b'], exclude: ['**/*.c', 'a/b/d*'], want: ['a/b', 'a/b/a', 'a/b/b'] },
  ]
  for (const { name, include, exclude, want } of cases) it(name, () => assert.deepEqual(takenBy(include, exclude), want))

  it('skips no folder in which it takes something', () => {
    const component = fc.constantFrom('a', 'b', '*', '**', '*.c', 'd?ep', '[ab]', 'x')
    const pattern = fc.tuple(fc.constantFrom('', '', '!'), fc.array(component, { minLength: 1, maxLength: 3 })).map(([sign, parts]) => sign + parts.join('/'))
    const patterns = fc.array(pattern, { maxLength: 3 })
    fc.assert(
      fc.property(patterns, patterns, (includePatterns, excludePatterns) => {
        const filter = createPathFilter({ includePatterns, excludePatterns })
        const taken = PATHS.filter((path) => filter.includes(fromText(path)))
        for (const folder of PATHS.filter((path) => filter.skips(fromText(path)))) assert.deepEqual(taken.filter((path) => path === folder || path.startsWith(`${folder}/`)), [], folder)
      }),
    )
  })
})
