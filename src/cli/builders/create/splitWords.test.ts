import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { splitWords } from './splitWords.ts'

describe('splitWords', () => {
  const cases: readonly (readonly [name: string, line: string, words: readonly string[]])[] = [
    ['nothing', '  ', []],
    ['words', ' --a  --b=c\td ', ['--a', '--b=c', 'd']],
    ['quotes', `'a b'c "d'e" ""`, ['a bc', "d'e", '']],
    ['backslashes', String.raw`a\ b "c\"d\e" '\'`, ['a b', String.raw`c"d\e`, '\\']],
  ]
  for (const [name, line, words] of cases) it(`reads ${name}`, () => assert.deepEqual(splitWords(line), words))
  it('refuses a quote that does not end', () => assert.throws(() => splitWords('a "b'), { message: 'a quote does not end: "a \\"b"' }))
  it('reads what a shell would be given', () => {
    const quote = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`
    fc.assert(fc.property(fc.array(fc.string()), (words) => assert.deepEqual(splitWords(words.map(quote).join(' ')), words)))
  })
})
