import fc from 'fast-check'
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { evaluate } from '../evaluate/evaluate.ts'
import { createScope } from '../evaluate/scope.ts'
import { parseHclExpression } from '../hcl.ts'
import { fromDouble, parseBigFloat } from '../values/bigFloat.ts'
import { formatNumber } from '../values/formatNumber.ts'
import { formatJson } from '../values/json.ts'

const OPERATORS = ['||', '&&', '==', '!=', '>', '>=', '<', '<=', '+', '-', '*', '/', '%']
const name = fc.constantFrom('a', 'b-c', '_d', 'é', 'name1')
/** Printable ASCII: of escapes, HCL's are JSON's. */
const quoted = fc.string().map((text) => JSON.stringify(text).replaceAll('${', '$$${').replaceAll('%{', '%%{'))

/** Texts of expressions in the form that the parser's tree is written in below: every operation in parentheses. */
const expression = fc.letrec<{ any: string; operand: string }>((tie) => ({
  operand: fc.oneof({ depthSize: 'small', withCrossShrink: true }, name, fc.nat().map(String), fc.constantFrom('true', 'null', '1.5', '2e3'), quoted, tie('any').map((inner) => `(${inner})`)),
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('operand'),
    fc.tuple(tie('operand'), fc.constantFrom(...OPERATORS), tie('operand')).map((parts) => parts.join(' ')),
    fc.tuple(tie('operand'), tie('operand'), tie('operand')).map(([condition, yes, no]) => `${condition} ? ${yes} : ${no}`),
    fc.tuple(fc.constantFrom('-', '!'), tie('operand')).map((parts) => parts.join('')),
    fc.array(tie('any'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    fc.array(fc.tuple(name, tie('any')), { maxLength: 3 }).map((items) => `{${items.map(([key, value]) => `${key} = ${value}`).join(', ')}}`),
    fc.tuple(name, fc.array(tie('any'), { maxLength: 3 })).map(([called, given]) => `${called}(${given.join(', ')})`),
    fc.tuple(name, name, tie('any')).map(([root, attribute, key]) => `${root}.${attribute}[${key}]`),
    fc.tuple(name, name).map(([root, attribute]) => `${root}[*].${attribute}`),
    fc.tuple(name, tie('any'), tie('any')).map(([variable, collection, value]) => `[for ${variable} in ${collection} : ${value}]`),
    fc.tuple(name, tie('any'), tie('any')).map(([variable, collection, value]) => `{for k, ${variable} in ${collection} : k => ${value}... if ${variable}}`),
    tie('any').map((inner) => `"x\${${inner}}y"`),
  ),
}))

/** What a tree says, without where it stands. */
function withoutPlaces(text: string): string {
  const tree = parseHclExpression({ filename: 'x', text })
  return JSON.stringify(tree, (key, value: unknown) => (key === 'range' || key.endsWith('Range') ? undefined : typeof value === 'bigint' ? value.toString() : value))
}

it('space, newlines and comments in brackets change nothing of what an expression is', () => {
  fc.assert(
    fc.property(expression.any, (text) => {
      const spaced = `( ${text} )`
      assert.equal(withoutPlaces(`(\n  /* c */ ${text} # end\n\n)`), withoutPlaces(spaced))
      assert.equal(withoutPlaces(`(${text})`), withoutPlaces(spaced))
    }),
  )
})

it('sums and products of whole numbers are exact, and comparisons of them hold', () => {
  const whole = fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n })
  fc.assert(
    fc.property(whole, whole, whole, (a, b, c) => {
      const value = (text: string): string => formatJson(evaluate(parseHclExpression({ filename: 'x', text }), createScope(new Map(), new Map())))
      assert.equal(value(`(${a}) + (${b}) * (${c}) - (${a}) * 2`), String(a + b * c - a * 2n))
      assert.equal(value(`((${a}) < (${b})) == ((${b}) > (${a})) && (${a}) + 1 > (${a})`), 'true')
      if (b !== 0n) assert.equal(value(`(${a}) % (${b})`), String(a % b))
      if (b !== 0n) assert.equal(value(`(${a}) * (${b}) / (${b})`), String(a))
    }),
  )
})

it('a number is written with as few digits as JavaScript writes, and read as the same', () => {
  fc.assert(
    // numbers too small for all of their bits are left out: JavaScript knows that they have fewer
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }).filter((double) => Math.abs(double) > 1e-300), (double) => {
      const text = formatNumber(fromDouble(double))
      assert.equal(Number(text), double)
      const digits = (written: string): string => written.replace(/e.*$/, '').replace(/[.-]/g, '').replace(/^0+|0+$/g, '')
      assert.equal(digits(text), digits(String(double)))
      const parsed = parseBigFloat(text)
      assert.ok(parsed !== undefined)
      assert.equal(formatNumber(parsed), text)
    }),
  )
})
