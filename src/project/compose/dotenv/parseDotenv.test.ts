import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { EnvFileError } from './envFileError.ts'
import { parseDotenv } from './parseDotenv.ts'

const SHELL = new Map([['SHELL_SAYS', 'shell']])

function read(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(parseDotenv({ filename: '.env', text }, (name) => SHELL.get(name)))
}

describe('parseDotenv', () => {
  const cases = [
    { name: 'a plain value', text: 'A=1', want: { A: '1' } },
    { name: 'blanks around', text: '  A =  1  \n', want: { A: '1' } },
    { name: 'export', text: 'export A=1', want: { A: '1' } },
    { name: 'a colon', text: 'A: 1', want: { A: '1' } },
    { name: 'comments and blank lines', text: '# no\n\nA=1 # comment\nB=1#none\n  # no\n', want: { A: '1', B: '1#none' } },
    { name: 'an empty value', text: 'A=\nB', want: { A: '' } },
    { name: 'a name alone', text: 'SHELL_SAYS\nNOBODY_SAYS', want: { SHELL_SAYS: 'shell' } },
    { name: 'single quotes', text: "A='$B \\n # x'\nC='it\\'s'", want: { A: '$B \\n # x', C: "it's" } },
    { name: 'double quotes', text: 'B=1\nA="$B\\n\\t\\"\\\\ \\$B" # comment', want: { B: '1', A: '1\n\t"\\ $B' } },
    { name: 'several lines', text: 'A="one\ntwo"\nB=\'three\nfour\'', want: { A: 'one\ntwo', B: 'three\nfour' } },
    { name: 'variables of before, and of the shell', text: 'A=1\nB=${A}-$SHELL_SAYS-${C:-none}', want: { A: '1', B: '1-shell-none' } },
    { name: 'the shell before the file', text: 'SHELL_SAYS=file\nB=$SHELL_SAYS', want: { SHELL_SAYS: 'file', B: 'shell' } },
    { name: 'line ends of Windows', text: 'A=1\r\nB=2\r\n', want: { A: '1', B: '2' } },
    { name: 'names with dots and dashes', text: 'a.b-c=1', want: { 'a.b-c': '1' } },
    { name: 'backslashes outside of quotes', text: 'A=a\\nb', want: { A: 'a\\nb' } },
  ]
  for (const { name, text, want } of cases) it(`reads ${name}`, () => assert.deepEqual(read(text), want))

  const refused = [
    { text: 'A B=1', message: '.env:1:1: the name of a variable has no blank: "A B"' },
    { text: 'A=1\nB="x', message: '.env:2:3: a quote that does not end' },
    { text: '*=1', message: '.env:1:1: unexpected "*" in the name of a variable' },
    { text: 'A=${', message: '.env:1:3: no variable in the braces' },
    { text: 'A=${B:?say it}', message: '.env:1:3: required variable B is missing a value: say it' },
  ]
  for (const { text, message } of refused) it(`refuses ${JSON.stringify(text)}, and tells no value`, () => assert.throws(() => read(text), (error) => error instanceof EnvFileError && error.message === message))

  it('gives back what stands in single quotes', () => {
    fc.assert(fc.property(fc.string().filter((text) => !/['\\\r\uFEFF]/.test(text)), (text) => assert.deepEqual(read(`A='${text}'`), { A: text })))
  })
  it('reads anything, or refuses it', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('A', '=', '$', '{', '}', '"', "'", '\\', '\n', ' ', '#', ':', '-', '?') }), (text) => {
        try {
          read(text)
        } catch (error) {
          assert.ok(error instanceof EnvFileError)
        }
      }),
    )
  })
})
