import type { Block, BodySchema } from '../hcl/body.ts'
import { HclError, throwDiagnostics } from '../hcl/diagnostic.ts'
import { findReferences } from '../hcl/evaluate/references.ts'
import type { HclFunction, Scope } from '../hcl/evaluate/scope.ts'
import { createUserFunction, type FunctionDefinition } from '../hcl/evaluate/userFunction.ts'

const SCHEMA: BodySchema = { attributes: ['params', 'variadic_params', 'result'].map((name) => ({ name, required: false })), blocks: [] }

/**
 * The functions that `function` blocks define. Their results may name variables and other functions.
 * @throws HclError where one lacks something, or calls itself
 */
export function createUserFunctions(blocks: ReadonlyMap<string, Block>, scope: Scope): ReadonlyMap<string, HclFunction> {
  const definitions = new Map([...blocks].map(([name, block]) => [name, readDefinition(name, block)] as const))
  for (const name of definitions.keys()) checkCycle(name, [], definitions)
  return new Map([...definitions].map(([name, definition]) => [name, createUserFunction(definition, scope)]))
}

function readDefinition(name: string, block: Block): FunctionDefinition {
  const { attributes, diagnostics } = block.body.partialContent(SCHEMA)
  throwDiagnostics(diagnostics)
  const [result, parameters] = [attributes.get('result'), attributes.get('params')]
  if (result === undefined || parameters === undefined) {
    const subject = parameters?.range ?? block.labelRanges[0] ?? block.typeRange
    throw new HclError([{ summary: 'Invalid function', detail: `empty ${result === undefined ? 'result' : 'params'} not allowed for ${name}`, subject }])
  }
  return { parameters: parameters.expression, variadic: attributes.get('variadic_params')?.expression, result: result.expression }
}

function checkCycle(name: string, path: readonly string[], definitions: ReadonlyMap<string, FunctionDefinition>): void {
  const definition = definitions.get(name)
  if (definition === undefined) return
  if (path.includes(name)) throw new HclError([{ summary: 'Invalid expression', detail: `function cycle not allowed for ${name}`, subject: definition.result.range }])
  for (const called of findReferences(definition.result).functions) checkCycle(called.name, [...path, name], definitions)
}
