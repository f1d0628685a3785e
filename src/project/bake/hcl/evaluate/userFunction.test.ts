import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HclError } from '../diagnostic.ts'
import { parseHcl, parseHclExpression, parseHclJson } from '../hcl.ts'
import type { Body } from '../body.ts'
import { formatJson } from '../values/json.ts'
import { string } from '../values/value.ts'
import { evaluate } from './evaluate.ts'
import { findReferences } from './references.ts'
import { createScope, type Scope } from './scope.ts'
import { createUserFunction } from './userFunction.ts'

const OUTER: Scope = createScope(new Map([['outer', string('o')]]), new Map())

function call(body: Body, text: string): string {
  const { attributes } = body.justAttributes()
  const [parameters, variadic, result] = ['params', 'variadic_params', 'result'].map((key) => attributes.get(key)?.expression)
  assert.ok(parameters !== undefined && result !== undefined)
  const functions = new Map([['f', createUserFunction({ parameters, variadic, result }, OUTER)]])
  return formatJson(evaluate(parseHclExpression({ filename: 'x', text }), createScope(new Map(), functions)))
}

describe('a function of a file', () => {
  const cases: readonly (readonly [name: string, body: Body, text: string, expected: string])[] = [
    ['sees its parameters and what is around it', native('params = [a, b]\nresult = "${a}${b}${outer}"\n'), 'f(1, "x")', '"1xo"'],
    ['hides what is around it by its parameters', native('params = [outer]\nresult = outer\n'), 'f(1)', '1'],
    ['takes what is over as a tuple', native('params = [a]\nvariadic_params = rest\nresult = [a, rest]\n'), 'f(1, 2, 3)', '[1,[2,3]]'],
    ['takes nothing over', native('params = []\nvariadic_params = rest\nresult = rest\n'), 'f()', '[]'],
    ['takes nulls', native('params = [a]\nresult = a == null\n'), 'f(null)', 'true'],
    ['has its names in strings in JSON', parseHclJson({ filename: 'x', text: '{"params": ["a"], "variadic_params": "b", "result": "${a}${b[0]}"}' }), 'f(1, 2)', '"12"'],
  ]
  for (const [name, body, text, expected] of cases) it(name, () => assert.equal(call(body, text), expected))

  const mistakes: readonly (readonly [name: string, body: Body, text: string, expected: string])[] = [
    ['too few arguments', native('params = [a]\nresult = a\n'), 'f()', 'x:1,3-4: Not enough function arguments; Function "f" expects 1 argument: there is no value for "a".'],
    ['too many arguments', native('params = [a]\nresult = a\n'), 'f(1, 2)', 'x:1,6-7: Too many function arguments; Function "f" expects only 1 argument.'],
    ['what is wrong in it', native('params = [a]\nresult = a + 1\n'), 'f("x")', 'x:1,1-2: Error in function call; Call to function "f" failed: x:2,10-11: Invalid operand; Unsuitable value for left operand: a number is required.'],
    ['a parameter that is no name', native('params = ["a"]\nresult = 1\n'), 'f(1)', 'x:1,11-14: Invalid param element; The name of a parameter is an identifier.'],
    ['parameters that are no list', native('params = a\nresult = 1\n'), 'f(1)', 'x:1,10-11: Invalid expression; The parameters of a function are a list of names.'],
  ]
  for (const [name, body, text, expected] of mistakes) {
    it(`tells ${name}`, () => assert.throws(() => call(body, text), (error) => error instanceof HclError && error.message === expected))
  }
})

it('what an expression names is found, without what its own for names hide', () => {
  const text = 'f(a.b.c[0].d, [for x, y in z.q : "${x}${w}" if y], {k = v, (m) = n}, o[*].p...)'
  const { variables, functions } = findReferences(parseHclExpression({ filename: 'x', text }))
  assert.deepEqual(variables.map(({ name, path }) => [name, ...path].join('.')), ['a.b.c', 'z.q', 'w', 'v', 'm', 'n', 'o'])
  assert.deepEqual(functions.map(({ name }) => name), ['f'])
})

function native(text: string): Body {
  return parseHcl({ filename: 'x', text })
}
