import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { HclError } from './diagnostic.ts'
import { evaluate } from './evaluate/evaluate.ts'
import { createScope } from './evaluate/scope.ts'
import { createStandardLibrary } from './functions/standardLibrary.ts'
import { parseHclExpression } from './hcl.ts'
import { formatJson } from './values/json.ts'

/**
 * Expressions with their values as JSON (`=`) or what is wrong with them (`!`), after each other in a file. A line that begins
 * with `~` says why Docker's bake differs: test/integration/bakeExpressions.test.ts compares the two.
 */
const GOLDEN = join(import.meta.dirname, 'testdata/expressions.golden')
const golden = readFileSync(GOLDEN, 'utf8')
const cases = [...golden.matchAll(/^(?![=!~#])(.+)\n((?:~ .*\n)?)([=!] .*)$/gm)].map(([, expression = '', note = '', result = '']) => ({ expression, note, result }))

const LIBRARY = createStandardLibrary({
  now: () => new Date('2024-02-29T12:30:45.678Z'),
  randomUuid: () => '6f7b8f0e-3a52-4c34-9d7b-0a7c8e2f5d11',
  homeFolder: () => '/home/me',
  bcrypt: (password, cost) => `$2b$${String(cost).padStart(2, '0')}$${password}`,
})

function resultOf(expression: string): string {
  try {
    return `= ${formatJson(evaluate(parseHclExpression({ filename: 'x', text: expression }), createScope(new Map(), LIBRARY)))}`
  } catch (error) {
    if (error instanceof HclError) return `! ${error.message}`
    throw error
  }
}

it('expressions have the values that are written beside them', () => {
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(GOLDEN, cases.map(({ expression, note }) => `${expression}\n${note}${resultOf(expression)}\n`).join(''))
  assert.ok(cases.length > 500)
  assert.deepEqual(cases.map(({ expression }) => `${expression}\n${resultOf(expression)}`), cases.map(({ expression, result }) => `${expression}\n${result}`))
})

it('every function has two values and an error among them', () => {
  const rows = (name: string, mark: string): number => cases.filter(({ expression, result }) => new RegExp(`\\b${name}\\(`).test(expression) && result.startsWith(mark)).length
  const lacking = [...LIBRARY.keys()].filter((name) => !NEVER_VALUES.has(name) && rows(name, '=') < 2)
  assert.deepEqual([lacking, [...LIBRARY.keys()].filter((name) => rows(name, '!') < 1)], [[], []])
})

/** Their arguments are of a type that nothing in a bake file is of; without arguments, one row is all there is; a key is long. */
const NEVER_VALUES = new Set(['byteslen', 'bytesslice', 'homedir', 'uuidv4', 'timestamp', 'rsadecrypt'])
