import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { findReferences } from '../../src/project/bake/hcl/evaluate/references.ts'
import { parseHclExpression } from '../../src/project/bake/hcl/hcl.ts'
import { buildxArgv, missingBuildx } from '../support/peers/buildx.ts'

/** As src/project/bake/hcl/expressions.test.ts has them; those with a note (`~`) differ, and it says why. */
const GOLDEN = new URL('../../src/project/bake/hcl/testdata/expressions.golden', import.meta.url)
const cases = [...readFileSync(GOLDEN, 'utf8').matchAll(/^(?![=!~#])(.+)\n([=!]) (.*)$/gm)].map(([, expression = '', mark = '', result = '']) => ({ expression, mark, result }))
/** What is wrong with the syntax of a file keeps all of it from being read. */
const syntaxMistakes = new Set(['Invalid expression', 'Invalid legacy index syntax', 'Invalid attribute name', 'Extra characters after expression'])
/** It looks a variable that is not there up once in a file, and calls a cycle the second time; a type's name is one to it. */
const namesVariable = (expression: string): boolean => findReferences(parseHclExpression({ filename: 'x', text: expression })).variables.length > 0
const readable = cases.filter(({ expression, mark, result }) => (mark === '=' || ![...syntaxMistakes].some((summary) => result.includes(`: ${summary}; `))) && !namesVariable(expression))

it('expressions have the values that they have in docker buildx bake', { skip: missingBuildx }, () => {
  assert.ok(readable.length > 500)
  // an infinity has no JSON, so where there is one, both must say so
  const asked = readable.map(({ expression, mark, result }) => (mark === '=' && !result.includes('Inf') ? `jsonencode(${expression})` : `jsonencode(can(jsonencode(${expression})))`))
  const expected = readable.map(({ mark, result }) => (mark === '=' && !result.includes('Inf') ? result : 'false'))
  const answers = evaluateByBuildx(asked)
  const rows = (results: readonly (string | undefined)[]): readonly string[] => readable.map(({ expression }, index) => `${expression} = ${results[index] ?? 'nothing'}`)
  assert.deepEqual(rows(answers), rows(expected))
})

function evaluateByBuildx(expressions: readonly string[]): readonly (string | undefined)[] {
  const folder = mkdtempSync(join(tmpdir(), 'pelago-bake-'))
  try {
    const args = expressions.map((expression, index) => `    a${index} = ${expression}\n`).join('')
    writeFileSync(join(folder, 'docker-bake.hcl'), `target "default" {\n  args = {\n${args}  }\n}\n`)
    const [program, ...argv] = buildxArgv(['bake', '--print', '--progress=quiet'], 'peer')
    const printed = JSON.parse(execFileSync(program, argv, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 26 })) as { readonly target: { readonly default: { readonly args: Readonly<Record<string, string>> } } }
    // what would be a template in a bake file is escaped where one is printed
    return expressions.map((_, index) => printed.target.default.args[`a${index}`]?.replaceAll('$${', '${').replaceAll('%%{', '%{'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
