import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { expand } from './expand.ts'

/*
 * Inside double quotes a POSIX shell expands `${…}` as a Dockerfile does, where both know the form: so the shell says
 * what many random words are. Forms with a `/` and those that fail are left to test/parity.
 */
const VARIABLES: ReadonlyMap<string, string> = new Map([
  ['set', 'a/b.c-abc'],
  ['path', '/usr/local/lib.so.1'],
  ['empty', ''],
  ['stars', 'a**b?c'],
])
const WORDS = 400

const name = fc.constantFrom(...VARIABLES.keys(), 'unset')
const literal = fc.constantFrom('a', 'b', '/', '.', '-', '_', ':', '=', '+', '1', ',', '@', ' ')
const pattern = fc.array(fc.constantFrom('a', 'b', '/', '.', '*', '?', '-', 'c'), { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''))
const { word } = fc.letrec<{ word: string; piece: string }>((tie) => ({
  word: fc.array(tie('piece'), { minLength: 1, maxLength: 3 }).map((pieces) => pieces.join('')),
  piece: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    literal,
    name.map((text) => `\${${text}}`),
    name.map((text) => `$${text}/`),
    fc.tuple(name, fc.constantFrom(':-', '-', ':+', '+'), tie('word')).map(([variable, operator, operand]) => `\${${variable}${operator}${operand}}`),
    fc.tuple(name, fc.constantFrom('#', '##', '%', '%%'), pattern).map(([variable, operator, operand]) => `\${${variable}${operator}${operand}}`),
  ),
}))

/** What the shell makes of each, in double quotes. */
function expandByShell(words: readonly string[]): readonly string[] {
  const script = words.map((text) => `printf '%s\\0' "${text}"`).join('\n')
  return execFileSync('sh', ['-c', script], { env: Object.fromEntries(VARIABLES), encoding: 'utf8', maxBuffer: 10_000_000 }).split('\0').slice(0, -1)
}

describe('expand', () => {
  it('gives what a shell gives', () => {
    const words = fc.sample(word, { numRuns: WORDS, seed: 7 })
    const ours = words.map((text) => expand(`"${text}"`, VARIABLES, { escape: '\\' }).text)
    const pairs = (results: readonly string[]): readonly (readonly string[])[] => results.map((result, index) => [words[index] ?? '', result])
    assert.deepEqual(pairs(ours), pairs(expandByShell(words)))
  })
})
