import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { InvalidValueError } from '../../ground/errors.ts'
import { expand } from './expand.ts'
import { vectorFolder } from '../../../test/support/vectors.ts'

const OPTIONS = { escape: '\\' } as const
const BACKTICK = { escape: '`' } as const
const ENVIRONMENT = new Map([
  ['PWD', '/home'],
  ['SHELL', 'bash'],
  ['KOREAN', '한국어'],
  ['NULL', ''],
])
const shell = vectorFolder('shell')

/** Windows knows variables in any letter case; who builds for it has to say so by the names it hands in. */
const WINDOWS_ENVIRONMENT = new Map([...ENVIRONMENT, ...[...ENVIRONMENT].map(([name, value]): [string, string] => [name.toLowerCase(), value])])

/** BuildKit's table of words: on all systems, on Unix (U), on Windows (W). */
describe('expand, by the shared table', { skip: shell.skip }, () => {
  const lines = shell.path === undefined ? [] : readFileSync(`${shell.path}/envVarTest`, 'utf8').split('\n')
  const cases = lines.filter((line) => /^[AUW]\|/.test(line)).map((line) => line.split('|').map((part) => part.trim()))
  it('has all the lines of the table', () => assert.equal(cases.length, 230))
  for (const [system, input = '', want = ''] of cases) {
    const environment = system === 'W' ? WINDOWS_ENVIRONMENT : ENVIRONMENT
    const title = want === 'error' ? `refuses ${input}` : `makes ${JSON.stringify(want)} of ${input} (${system ?? ''})`
    it(title, () => {
      if (want === 'error') assert.throws(() => expand(input, environment, OPTIONS), InvalidValueError)
      else assert.equal(expand(input, environment, OPTIONS).text, want)
    })
  }
})

describe('words of expand, by the shared table', { skip: shell.skip }, () => {
  const environment = new Map<string, string>()
  const lines = shell.path === undefined ? [] : readFileSync(`${shell.path}/wordsTest`, 'utf8').split('\n')
  for (const line of lines.filter((text) => text !== '' && !text.startsWith('#'))) {
    const assignment = /^ENV ([^=]+)=(.*)$/.exec(line)
    if (assignment !== null) {
      environment.set(assignment[1] ?? '', assignment[2] ?? '')
      continue
    }
    const [input = '', want = ''] = line.split('|')
    const variables = new Map(environment)
    it(`splits ${JSON.stringify(input.trim())}`, () => {
      if (want.trim() === 'error') assert.throws(() => expand(input.trim(), variables, OPTIONS), InvalidValueError)
      else assert.deepEqual(expand(input.trim(), variables, OPTIONS).words, want.trimStart().split(','))
    })
  }
})

describe('expand', () => {
  const variables = new Map([
    ['v', 'a/b/c.tar.gz'],
    ['FOO', 'xx*yy?}z/'],
    ['EMPTY', ''],
    ['STAR', 'aaa'],
  ])
  const cases = [
    { text: '${v#*/}', want: 'b/c.tar.gz' },
    { text: '${v##*/}', want: 'c.tar.gz' },
    { text: '${v%.*}', want: 'a/b/c.tar' },
    { text: '${v%%.*}', want: 'a/b/c' },
    { text: '${v%/*}', want: 'a/b' },
    { text: '${v#nothing}', want: 'a/b/c.tar.gz' },
    { text: '${v/b/X}', want: 'a/X/c.tar.gz' },
    { text: '${v//\\//-}', want: 'a-b-c.tar.gz' },
    { text: '${v/?.tar/Z}', want: 'a/b/Z.gz' },
    { text: '${STAR//a/b}', want: 'bbb' },
    { text: '${STAR//*/b}', want: 'b' },
    { text: '${STAR/a/$v}', want: 'a/b/c.tar.gzaa' },
    { text: '${FOO#xx\\*}', want: 'yy?}z/' },
    { text: '${FOO%\\}z/}', want: 'xx*yy?' },
    { text: '${FOO/\\?\\}/!}', want: 'xx*yy!z/' },
    { text: '${MISSING%x}', want: '' },
    { text: '${MISSING-d}${EMPTY-e}${EMPTY:-f}', want: 'df' },
    { text: '${EMPTY+x}${EMPTY:+y}', want: 'x' },
    { text: '${v/./$0}', want: 'a/b/ctar.gz' },
  ]
  for (const { text, want } of cases) it(`makes ${want} of ${text}`, () => assert.equal(expand(text, variables, OPTIONS).text, want))

  for (const text of ['${v/b}', '${v#\\a}', '${v:=x}', '${v', '${v:?', '${MISSING:?it is needed}', '${v@Q}', "'", '"']) {
    it(`refuses ${text}`, () => assert.throws(() => expand(text, variables, OPTIONS), InvalidValueError))
  }

  it('says the word of ${v:?word}', () => assert.throws(() => expand('${MISSING:?it is needed}', variables, OPTIONS), /MISSING: it is needed/))
  it('escapes by a backtick where the file says so', () => assert.equal(expand('C:\\dir`$v', variables, BACKTICK).text, 'C:\\dir$v'))
  it('tells what it found and what it missed', () => {
    const { matched, unmatched } = expand('$v ${w:-$x} $STAR', variables, OPTIONS)
    assert.deepEqual([[...matched], [...unmatched]], [['v', 'STAR'], ['x', 'w']])
  })
  it('keeps quotes and unset variables for a step name', () => {
    const options = { ...OPTIONS, keepQuotes: true, keepUnset: true }
    assert.equal(expand(`RUN echo "$STAR" '$v' $u \${u:-x}`, variables, options).text, `RUN echo "aaa" '$v' $u \${u:-x}`)
  })
  it('gives back any text in single quotes', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }).filter((text) => !text.includes("'")), (text) => assert.equal(expand(`'${text}'`, new Map(), OPTIONS).text, text)))
  })
  it('gives back any text with every character escaped', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => assert.equal(expand(Array.from(text, (character) => `\\${character}`).join(''), new Map(), OPTIONS).text, text)))
  })
  it('refuses substitutions inside each other without end', () => {
    assert.equal(expand(`${'${v:+'.repeat(100)}x${'}'.repeat(100)}`, variables, OPTIONS).text, 'x')
    assert.throws(() => expand('${v:+'.repeat(50_000), variables, OPTIONS), InvalidValueError)
  })
  it('throws nothing but InvalidValueError', () => {
    const text = fc.string({ unit: fc.constantFrom('$', '{', '}', ':', '-', '+', '?', '#', '%', '/', '\\', '"', "'", ' ', 'v', 'x', '*') })
    fc.assert(
      fc.property(text, (word) => {
        try {
          expand(word, variables, OPTIONS)
        } catch (error) {
          assert.ok(error instanceof InvalidValueError)
        }
      }),
    )
  })
})

describe('expand, of what a heredoc holds', () => {
  const cases = [
    { text: '"$PWD" it\'s \'${SHELL}\'', want: '"/home" it\'s \'bash\'' },
    { text: '\\$PWD \\\\ \\n', want: '$PWD \\ n' },
    { text: '${NONE:-"none"}\n$NONE.', want: '"none"\n.' },
  ]
  for (const { text, want } of cases) it(`makes ${JSON.stringify(want)} of ${JSON.stringify(text)}`, () => assert.equal(expand(text, ENVIRONMENT, { ...OPTIONS, ignoreQuotes: true }).text, want))
})
