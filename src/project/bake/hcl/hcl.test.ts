import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatDiagnostic, HclError } from './diagnostic.ts'
import { evaluate } from './evaluate/evaluate.ts'
import { createScope } from './evaluate/scope.ts'
import { parseHcl, parseHclJson } from './hcl.ts'
import { mergeBodies } from './mergeBodies.ts'
import { formatJson } from './values/json.ts'
import type { Body, BodySchema } from './body.ts'

const SCHEMA: BodySchema = { attributes: [{ name: 'a', required: false }, { name: 'needed', required: true }], blocks: [{ type: 'target', labelNames: ['name'] }] }
const NATIVE = 'a = 1\nneeded = "x"\ntarget "one" {\n  tags = ["t"]\n}\ntarget two { tags = [] }\n'
const JSON_TEXT = '{"//": "a comment", "a": 1, "needed": "${"x"}", "target": {"one": {"tags": ["t"]}, "two": [{"tags": []}]}}'

describe('a body by a schema', () => {
  const cases: readonly (readonly [string, Body])[] = [
    ['of the native syntax', parseHcl({ filename: 'b.hcl', text: NATIVE })],
    ['of JSON', parseHclJson({ filename: 'b.json', text: JSON_TEXT.replace('"${"x"}"', '"${\\"x\\"}"') })],
    ['of two files', mergeBodies(parseHcl({ filename: 'a.hcl', text: 'a = 1\nneeded = "x"\n' }), parseHclJson({ filename: 'b.json', text: '{"target": [{"one": {"tags": ["t"]}}, {"two": {"tags": []}}]}' }))],
  ]
  for (const [name, body] of cases) {
    it(`${name} has attributes, and blocks with labels`, () => {
      const { attributes, blocks, diagnostics } = body.content(SCHEMA)
      assert.deepEqual(diagnostics, [])
      const scope = createScope(new Map(), new Map())
      assert.deepEqual([...attributes].map(([key, { expression }]) => [key, formatJson(evaluate(expression, scope))]), [['a', '1'], ['needed', '"x"']])
      assert.deepEqual(blocks.map(({ type, labels }) => [type, ...labels]), [['target', 'one'], ['target', 'two']])
      const tags = blocks.map(({ body: inner }) => [...inner.justAttributes().attributes.values()].map(({ expression }) => formatJson(evaluate(expression, scope))))
      assert.deepEqual(tags, [['["t"]'], ['[]']])
    })
  }

  it('leaves over what it does not name', () => {
    const { remain } = parseHcl({ filename: 'b.hcl', text: `${NATIVE}other = 2\n` }).partialContent(SCHEMA)
    const { attributes, diagnostics } = remain.justAttributes()
    assert.deepEqual([[...attributes.keys()], diagnostics], [['other'], []])
  })
})

describe('what is wrong in a body', () => {
  const cases: readonly (readonly [name: string, text: string, expected: readonly string[]])[] = [
    ['a missing argument', 'a = 1\n', ['b.hcl:2,1-1: Missing required argument; The argument "needed" is required, but it is not there.']],
    ['an unknown argument', 'needed = 1\nneded = 1\n', ['b.hcl:2,1-6: Unsupported argument; An argument named "neded" is not expected here. Did you mean "needed"?']],
    ['an argument for a block', 'needed = 1\ntarget = {}\n', ['b.hcl:2,1-7: Unsupported argument; An argument named "target" is not expected here. Did you mean to define a block of type "target"?']],
    ['a block for an argument', 'needed = 1\na {}\n', ['b.hcl:2,1-2: Unsupported block type; Blocks of type "a" are not expected here. Did you mean to define the argument "a"? Then write an equals sign ("=") after its name.']],
    ['a block without its label', 'needed = 1\ntarget {}\n', ['b.hcl:2,1-7: Missing name for target; All target blocks have 1 label (name).']],
    ['a label too many', 'needed = 1\ntarget a b {}\n', ['b.hcl:2,10-11: Extraneous label for target; Only 1 label is expected for target blocks (name).']],
  ]
  for (const [name, text, expected] of cases) {
    it(`tells ${name}`, () => {
      assert.deepEqual(parseHcl({ filename: 'b.hcl', text }).content(SCHEMA).diagnostics.map(formatDiagnostic), expected)
    })
  }

  it('tells all mistakes of a file at once', () => {
    const text = 'a = \nb = 1\nc {\n  d = [1\n}\ne = ]\na = 2\nb = 3\n'
    assert.throws(() => parseHcl({ filename: 'b.hcl', text }), (error) => {
      assert.ok(error instanceof HclError)
      assert.deepEqual(error.diagnostics.map(formatDiagnostic), [
        'b.hcl:1,5-2,1: Invalid expression; The line ends where an expression is expected.',
        'b.hcl:5,1-2: Missing item separator; A comma is expected between the items of a list.',
        'b.hcl:6,5-6: Invalid expression; An expression is expected here, not "]".',
        'b.hcl:8,1-2: Attribute redefined; The argument "b" was already set at b.hcl:2,1-2. Each argument may be set only once.',
      ])
      assert.match(error.message, /, and 3 other diagnostics$/)
      return true
    })
  })
})
