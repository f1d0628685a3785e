import { compare } from '../../values/bigFloat.ts'
import { valuesEqual } from '../../values/valuesEqual.ts'
import { bool } from '../../values/value.ts'
import { anything, boolean, boolOf, defineFunction, numberOf, numeric, orNull, type Functions } from '../define.ts'

export const LOGIC: Functions = [
  ['and', defineFunction([boolean('a'), boolean('b')], (a, b) => bool(boolOf(a) && boolOf(b)))],
  ['or', defineFunction([boolean('a'), boolean('b')], (a, b) => bool(boolOf(a) || boolOf(b)))],
  ['not', defineFunction([boolean('val')], (val) => bool(!boolOf(val)))],
  ['equal', equality(true)],
  ['notequal', equality(false)],
  ['greaterthan', comparison((order) => order > 0)],
  ['greaterthanorequalto', comparison((order) => order >= 0)],
  ['lessthan', comparison((order) => order < 0)],
  ['lessthanorequalto', comparison((order) => order <= 0)],
]

function equality(wanted: boolean): ReturnType<typeof defineFunction> {
  return defineFunction([orNull(anything('a')), orNull(anything('b'))], (a, b) => bool(valuesEqual(a, b) === wanted))
}

function comparison(holds: (order: number) => boolean): ReturnType<typeof defineFunction> {
  return defineFunction([numeric('a'), numeric('b')], (a, b) => bool(holds(compare(numberOf(a), numberOf(b)))))
}
