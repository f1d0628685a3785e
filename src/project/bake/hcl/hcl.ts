import type { SourceText } from '../../../ground/sourceSpan.ts'
import type { Body } from './body.ts'
import { throwDiagnostics, type Diagnostic } from './diagnostic.ts'
import { createJsonBody } from './json/jsonBody.ts'
import { parseJson } from './json/jsonParser.ts'
import { createNativeBody } from './nativeBody.ts'
import { parseItems } from './syntax/bodyParser.ts'
import type { Expression } from './syntax/expression.ts'
import { parseExpression } from './syntax/expressionParser.ts'
import { createTokenReader, locateToken, syntaxError } from './syntax/tokenReader.ts'

/**
 * HCL, the language of bake files (github.com/hashicorp/hcl, spec.md and json/spec.md). A text becomes a `Body`
 * (body.ts), which is decoded by a schema into attributes and blocks; an attribute's `Expression` (syntax/expression.ts)
 * is evaluated in a `Scope` of variables and functions (evaluate/scope.ts, evaluate/evaluate.ts) to a `Value`
 * (values/value.ts), which `convert` makes one of a wanted type (values/convert.ts) and `valueToJson` makes JSON
 * (values/json.ts). Whatever is wrong in a file is an `HclError` (diagnostic.ts), with all that was found at once. All of it
 * is pure: variables, clock and random come through the scope.
 * @throws HclError
 */
export function parseHcl(source: SourceText): Body {
  const diagnostics: Diagnostic[] = []
  const items = parseItems(readerOf(source), diagnostics)
  throwDiagnostics(diagnostics)
  return createNativeBody(items)
}

/** HCL's form in JSON. @throws HclError */
export function parseHclJson(source: SourceText): Body {
  return createJsonBody(parseJson(source))
}

/** A single expression; nothing may come after it. @throws HclError */
export function parseHclExpression(source: SourceText): Expression {
  const reader = readerOf(source)
  return reader.nest('skipped', () => {
    const expression = parseExpression(reader)
    const rest = reader.peek()
    if (rest.kind !== 'end') throw syntaxError('Extra characters after expression', 'The expression ends before here.', locateToken(reader, rest))
    return expression
  })
}

/**
 * What an expression says rather than its value: the name of a parameter, a type. In a JSON file such stands in a string,
 * and is parsed from it. @throws HclError
 */
export function asWritten(expression: Expression): Expression {
  if (expression.kind !== 'template' || expression.jsonText === undefined) return expression
  const { range, jsonText } = expression
  const reader = createTokenReader(jsonText, () => range)
  return parseExpression(reader)
}

function readerOf(source: SourceText): ReturnType<typeof createTokenReader> {
  const reader = createTokenReader(source.text, (start, end) => ({ source, start, end }))
  // a byte order mark
  if (source.text.startsWith('\ufeff')) reader.offset = 1
  return reader
}
