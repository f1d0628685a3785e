import { UsageError } from '../flags/usageError.ts'
import { callFunction } from './templateFunctions.ts'
import { parseNodes, type Expression, type Node } from './templateSyntax.ts'
import { entriesOf, formatValue, isObject, isTruthy, type TemplateValue } from './templateValue.ts'

export type { TemplateValue } from './templateValue.ts'

/** A `--format` of Docker's commands, read once and applied to many values. */
export interface Template {
  /** @throws UsageError where `value` lacks a field */
  apply(value: TemplateValue): string
  /** The fields of the value that it reads outside of `range` and `with`, each a path of names. */
  readonly fields: readonly (readonly string[])[]
}

/**
 * Reads the part of Go's text/template that formats are made of; fields go by their name, letter case aside. `json`
 * alone is `{{json .}}`.
 * @throws UsageError on anything else
 */
export function parseTemplate(text: string): Template {
  if (text.startsWith('table')) throw new UsageError(`this command's --format draws no tables: ${JSON.stringify(text)}`, { hint: 'leave "table" out' })
  const source = text === 'json' ? '{{json .}}' : text.replace(/\\([tn])/g, (_, letter: string) => (letter === 't' ? '\t' : '\n'))
  const nodes = parseNodes(source)
  return { apply: (value) => renderAll(nodes, { dot: value, variables: new Map([['', value]]) }), fields: nodes.flatMap(fieldsOf) }
}

function fieldsOf(node: Node): readonly (readonly string[])[] {
  switch (node.kind) {
    case 'text':
      return []
    case 'value':
    case 'assign':
    case 'range':
    case 'with':
      return fieldsRead(node.expression)
    case 'if':
      return [...fieldsRead(node.expression), ...[...node.body, ...node.otherwise].flatMap(fieldsOf)]
  }
}

function fieldsRead(expression: Expression): readonly (readonly string[])[] {
  if (expression.kind === 'call') return expression.operands.flatMap(fieldsRead)
  const path = pathOf(expression)
  return path === undefined || path.length === 0 ? [] : [path]
}

/** Undefined where it does not begin at the dot. */
function pathOf(expression: Expression): readonly string[] | undefined {
  if (expression.kind === 'dot') return []
  const before = expression.kind === 'field' ? pathOf(expression.of) : undefined
  return expression.kind === 'field' && before !== undefined ? [...before, expression.name] : undefined
}

interface Scope {
  readonly dot: TemplateValue
  /** By name, '' being `$`. A scope that is entered has a map of its own. */
  readonly variables: Map<string, TemplateValue>
}

function enter(scope: Scope, dot: TemplateValue, variables: readonly (readonly [string, TemplateValue])[] = []): Scope {
  return { dot, variables: new Map([...scope.variables, ...variables]) }
}

function renderAll(nodes: readonly Node[], scope: Scope): string {
  return nodes.map((node) => render(node, scope)).join('')
}

function render(node: Node, scope: Scope): string {
  switch (node.kind) {
    case 'text':
      return node.text
    case 'value':
      return formatValue(evaluate(node.expression, scope))
    case 'assign':
      scope.variables.set(node.variable, evaluate(node.expression, scope))
      return ''
    case 'if':
      return renderAll(isTruthy(evaluate(node.expression, scope)) ? node.body : node.otherwise, enter(scope, scope.dot))
    case 'with': {
      const value = evaluate(node.expression, scope)
      return isTruthy(value) ? renderAll(node.body, enter(scope, value)) : renderAll(node.otherwise, enter(scope, scope.dot))
    }
    case 'range': {
      const entries = entriesOf(evaluate(node.expression, scope))
      if (entries.length === 0) return renderAll(node.otherwise, enter(scope, scope.dot))
      return entries.map(([key, element]) => renderAll(node.body, enter(scope, element, rangeVariables(node.variables, key, element)))).join('')
    }
  }
}

function rangeVariables([first, second]: readonly string[], key: string | number, element: TemplateValue): readonly (readonly [string, TemplateValue])[] {
  if (first === undefined) return []
  return second === undefined ? [[first, element]] : [[first, key], [second, element]]
}

function evaluate(expression: Expression, scope: Scope): TemplateValue {
  switch (expression.kind) {
    case 'literal':
      return expression.value
    case 'dot':
      return scope.dot
    case 'variable':
      if (!scope.variables.has(expression.name)) throw new UsageError(`--format has no variable $${expression.name}`)
      return scope.variables.get(expression.name)
    case 'field':
      return fieldOf(evaluate(expression.of, scope), expression.name)
    case 'call':
      return callFunction(expression.name, expression.operands.map((operand) => evaluate(operand, scope)))
  }
}

/** Go's templates name fields as its structures do, in upper case; the data has JSON's names. */
function fieldOf(value: TemplateValue, name: string): TemplateValue {
  if (!isObject(value)) throw new UsageError(`--format asks for .${name} of what has no fields`)
  const fields = new Map(Object.entries(value))
  if (fields.has(name)) return fields.get(name)
  const key = [...fields.keys()].find((candidate) => candidate.toLowerCase() === name.toLowerCase())
  if (key === undefined) throw new UsageError(`--format asks for .${name}, and there is none`, { hint: `there are ${[...fields.keys()].join(', ')}` })
  return fields.get(key)
}
