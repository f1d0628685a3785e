import type { BakeVariable } from '../bakeDefinition.ts'
import { BakeError } from '../bakeError.ts'
import type { Attribute, Block, BodySchema } from '../hcl/body.ts'
import { HclError, throwDiagnostics, type Diagnostic } from '../hcl/diagnostic.ts'
import { evaluate } from '../hcl/evaluate/evaluate.ts'
import { createScope, type Scope } from '../hcl/evaluate/scope.ts'
import { parseType } from '../hcl/evaluate/typeExpression.ts'
import { ConversionError } from '../hcl/values/conversionError.ts'
import { convert, toText } from '../hcl/values/convert.ts'
import { formatJson } from '../hcl/values/json.ts'
import { BOOL, friendlyName, STRING, type Type } from '../hcl/values/type.ts'
import { nullOf, string, typeOf, type Value } from '../hcl/values/value.ts'
import { blame } from './blame.ts'
import { readEnvironmentValue, readJsonValue } from './environmentValue.ts'
import type { FileParts } from './fileParts.ts'

/** What variables are set to from outside. */
export interface VariableSources {
  /** Those that are there without being written: `BAKE_CMD_CONTEXT`. */
  readonly builtin: ReadonlyMap<string, string>
  /** The environment, and what the command line sets. */
  readonly environment: (name: string) => string | undefined
}

/** The variables of a definition, each worked out when it is first asked for, in terms of the others. */
export interface Variables {
  /** Undefined where there is none of that name. @throws HclError */
  find(name: string): Value | undefined
  names(): Iterable<string>
  /** Works out all that are not yet, and checks what is written to hold of them. @throws HclError */
  check(): void
  /** Sorted by name; after `check`. */
  list(): readonly BakeVariable[]
}

const SCHEMA: BodySchema = {
  attributes: [{ name: 'default', required: false }, { name: 'type', required: false }, { name: 'description', required: false }],
  blocks: [{ type: 'validation', labelNames: [] }],
}
const VALIDATION: BodySchema = { attributes: [{ name: 'condition', required: false }, { name: 'error_message', required: false }], blocks: [] }

/** @param scope what defaults may name; asked for the variables too, which come from here */
export function createVariables(parts: FileParts, sources: VariableSources, scope: () => Scope): Variables {
  const resolver = new VariableResolver(parts, sources, scope)
  return {
    find: (name) => resolver.find(name),
    names: () => [...sources.builtin.keys(), ...parts.globals.keys(), ...parts.variables.keys()],
    check() {
      for (const name of [...parts.variables.keys(), ...parts.globals.keys()]) resolver.find(name)
      throwDiagnostics([...parts.variables.values()].flatMap((block) => failedValidations(block, scope())))
    },
    list: () => [...parts.variables.keys()].sort().map((name) => resolver.describe(name)),
  }
}

class VariableResolver {
  readonly #parts: FileParts
  readonly #sources: VariableSources
  readonly #scope: () => Scope
  readonly #values: Map<string, Value>
  readonly #busy = new Set<string>()

  constructor(parts: FileParts, sources: VariableSources, scope: () => Scope) {
    this.#parts = parts
    this.#sources = sources
    this.#scope = scope
    this.#values = new Map([...sources.builtin].map(([name, value]) => [name, string(value)]))
  }

  find(name: string): Value | undefined {
    const known = this.#values.get(name)
    if (known !== undefined) return known
    const [global, block] = [this.#parts.globals.get(name), this.#parts.variables.get(name)]
    const subject = global?.range ?? block?.labelRanges[0]
    if (subject === undefined) return undefined
    if (this.#busy.has(name)) throw new HclError([{ summary: 'Invalid expression', detail: `variable cycle not allowed for ${name}`, subject }])
    this.#busy.add(name)
    try {
      const value = blame({ summary: 'Invalid value', subject }, () => (global === undefined ? this.#ofBlock(name, block) : this.#ofGlobal(name, global)))
      this.#values.set(name, value)
      return value
    } finally {
      this.#busy.delete(name)
    }
  }

  /** What is outside of blocks takes the place of a variable's default, whatever its type. */
  #ofGlobal(name: string, { expression }: Attribute): Value {
    const value = evaluate(expression, this.#scope())
    return this.#parts.variables.has(name) ? (this.#fromOutside(name, typeOf(value)) ?? value) : value
  }

  #ofBlock(name: string, block: Block | undefined): Value {
    const { type, fallback } = this.#read(block)
    if (type !== undefined) return this.#typed(name, type, fallback)
    if (fallback === undefined) return string(this.#fromEnvironment(name) ?? '')
    const value = evaluate(fallback.expression, this.#scope())
    return this.#fromOutside(name, typeOf(value)) ?? value
  }

  #typed(name: string, type: Type, fallback: Attribute | undefined): Value {
    const value = fallback === undefined ? nullOf(type) : toDefault(name, type, evaluate(fallback.expression, this.#scope()))
    const json = this.#sources.environment(`${name}_JSON`)
    if (json !== undefined) return readJsonValue(name, json, type)
    const text = this.#sources.environment(name)
    return text === undefined ? value : readEnvironmentValue(name, text, type)
  }

  /** Without a type, the default's is taken; lists and objects have none that the environment could be read by. */
  #fromOutside(name: string, type: Type): Value | undefined {
    const text = this.#fromEnvironment(name)
    if (text === undefined) return undefined
    const wanted = type.kind === 'any' ? STRING : type
    if (wanted.kind === 'string' || wanted.kind === 'number' || wanted.kind === 'bool') return readEnvironmentValue(name, text, wanted)
    throw new BakeError(`unsupported type ${friendlyName(type)} for variable ${name} from the environment`, { hint: `give it a type: type = list(string)` })
  }

  #fromEnvironment(name: string): string | undefined {
    return this.#sources.environment(name) ?? this.#sources.environment(`${name}_JSON`)
  }

  #read(block: Block | undefined): { readonly type: Type | undefined; readonly fallback: Attribute | undefined } {
    const content = block?.body.partialContent(SCHEMA)
    throwDiagnostics(content?.diagnostics ?? [])
    const type = content?.attributes.get('type')
    return { type: type === undefined ? undefined : parseType(type.expression), fallback: content?.attributes.get('default') }
  }

  describe(name: string): BakeVariable {
    const block = this.#parts.variables.get(name)
    const { type } = this.#read(block)
    const description = block?.body.partialContent(SCHEMA).attributes.get('description')
    const described = description === undefined ? undefined : evaluate(description.expression, createScope(new Map(), new Map()))
    const value = this.find(name)
    return { name, type: type === undefined ? '' : friendlyName(type), description: (described && toText(described)) ?? '', value: value === undefined || value.kind === 'null' ? undefined : (toText(value) ?? formatJson(value)) }
  }
}

function toDefault(name: string, type: Type, value: Value): Value {
  try {
    return convert(value, type)
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    throw new BakeError(`invalid type ${friendlyName(type)} for variable ${name} default value: ${error.message}`, { cause: error })
  }
}

function failedValidations({ body }: Block, scope: Scope): readonly Diagnostic[] {
  return body.partialContent(SCHEMA).blocks.flatMap((block) => {
    const { attributes } = block.body.partialContent(VALIDATION)
    const condition = attributes.get('condition')
    if (condition === undefined) return [{ summary: 'Invalid condition result', detail: 'Condition expression must return either true or false, not null.', subject: block.typeRange }]
    const outcome = readCondition(evaluate(condition.expression, scope))
    if (outcome === true) return []
    const subject = condition.expression.range
    if (outcome !== false) return [{ summary: 'Invalid condition result', detail: outcome, subject }]
    const message = attributes.get('error_message')
    const text = message === undefined ? undefined : toText(evaluate(message.expression, scope))
    return [{ summary: 'Validation failed', detail: text ?? 'The condition does not hold.', subject }]
  })
}

/** What is wrong with it, where it is no bool. */
function readCondition(value: Value): boolean | string {
  try {
    const converted = convert(value, BOOL)
    return converted.kind === 'bool' ? converted.value : 'Condition expression must return either true or false, not null.'
  } catch (error) {
    if (error instanceof ConversionError) return `Invalid condition result value: ${error.message}`
    throw error
  }
}
