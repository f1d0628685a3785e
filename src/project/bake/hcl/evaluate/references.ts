import type { SourceRange } from '../sourceRange.ts'
import { childrenOf, type Expression } from '../syntax/expression.ts'

/** What an expression names, in the order of its text. */
export interface References {
  readonly variables: readonly VariableReference[]
  readonly functions: readonly FunctionReference[]
}
export interface VariableReference {
  readonly name: string
  /** The attributes that are read of it: `app`, `args` in `target.app.args[0]`. */
  readonly path: readonly string[]
  readonly range: SourceRange
}
export interface FunctionReference {
  readonly name: string
  readonly range: SourceRange
}

/** Of all of the expression, whether it would be evaluated or not; without the names that its own `for`s give. */
export function findReferences(expression: Expression): References {
  const variables: VariableReference[] = []
  const functions: FunctionReference[] = []
  const visit = (node: Expression, hidden: ReadonlySet<string>): void => {
    const variable = variableOf(node)
    if (variable !== undefined) {
      if (!hidden.has(variable.name)) variables.push(variable)
      return
    }
    if (node.kind === 'call') functions.push({ name: node.name, range: node.nameRange })
    if (node.kind !== 'for') {
      for (const child of childrenOf(node)) visit(child, hidden)
      return
    }
    visit(node.collection, hidden)
    const inner = new Set([...hidden, node.valueName, ...(node.keyName === undefined ? [] : [node.keyName])])
    for (const part of [node.key, node.value, node.condition]) if (part !== undefined) visit(part, inner)
  }
  visit(expression, new Set())
  return { variables, functions }
}

function variableOf(node: Expression): VariableReference | undefined {
  if (node.kind === 'variable') return { name: node.name, path: [], range: node.range }
  if (node.kind !== 'traversal' || node.source.kind !== 'variable') return undefined
  const end = node.steps.findIndex((step) => step.kind !== 'attribute')
  const steps = end === -1 ? node.steps : node.steps.slice(0, end)
  return { name: node.source.name, path: steps.flatMap((step) => (step.kind === 'attribute' ? [step.name] : [])), range: node.range }
}
