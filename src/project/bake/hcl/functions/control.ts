import { HclError, type Diagnostic } from '../diagnostic.ts'
import { FunctionError, type ExpressionFunction } from '../evaluate/scope.ts'
import { parseType } from '../evaluate/typeExpression.ts'
import { formatDiagnostic } from '../diagnostic.ts'
import { ConversionError } from '../values/conversionError.ts'
import { convert } from '../values/convert.ts'
import { bool } from '../values/value.ts'
import { anything, type Functions } from './define.ts'

const TRY: ExpressionFunction = {
  kind: 'expressions',
  parameters: [],
  variadic: anything('expressions'),
  call(given, attempt) {
    if (given.length === 0) throw new FunctionError('at least one argument is required')
    const mistakes: Diagnostic[] = []
    for (const expression of given) {
      const { value, diagnostics } = attempt(expression)
      if (value !== undefined && diagnostics.length === 0) return value
      mistakes.push(...diagnostics)
    }
    throw new FunctionError(`no expression succeeded: ${mistakes.map(formatDiagnostic).join('; ')}`)
  },
}

const CAN: ExpressionFunction = {
  kind: 'expressions',
  parameters: [anything('expression')],
  variadic: undefined,
  call: ([expression], attempt) => bool(expression !== undefined && attempt(expression).diagnostics.length === 0),
}

const CONVERT: ExpressionFunction = {
  kind: 'expressions',
  parameters: [anything('value'), anything('type')],
  variadic: undefined,
  call([expression, typeExpression], attempt) {
    if (expression === undefined || typeExpression === undefined) throw new Error('the parameters make it two arguments')
    const type = parseType(typeExpression)
    const { value, diagnostics } = attempt(expression)
    const [first, ...more] = diagnostics
    if (first !== undefined) throw new HclError([first, ...more])
    if (value === undefined) throw new Error('an expression without a value tells why')
    try {
      return convert(value, type)
    } catch (error) {
      if (error instanceof ConversionError) throw new FunctionError(error.message, 0)
      throw error
    }
  },
}

export const CONTROL: Functions = [['try', TRY], ['can', CAN], ['convert', CONVERT]]
