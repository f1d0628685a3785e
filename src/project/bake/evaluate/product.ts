import { findNearest } from '../../../ground/suggestion.ts'
import { BakeError } from '../bakeError.ts'
import type { Attribute, Block, BodySchema } from '../hcl/body.ts'
import { HclError, throwDiagnostics, type Diagnostic } from '../hcl/diagnostic.ts'
import { evaluate } from '../hcl/evaluate/evaluate.ts'
import type { Scope } from '../hcl/evaluate/scope.ts'
import { formatRange } from '../hcl/sourceRange.ts'
import { ConversionError } from '../hcl/values/conversionError.ts'
import { nullOf, object, type Value } from '../hcl/values/value.ts'
import { GROUP_FORMS, TARGET_FORMS, type AttributeForm } from './attributeForm.ts'
import { blame } from './blame.ts'
import type { AttributeValues } from './readTarget.ts'

/** A target or group of a file: a block, or with a matrix one of several that it makes. Attributes are worked out when they are asked for. */
export interface Product extends ProductHead {
  /** Attributes that newer versions of buildx know, and nothing here does. */
  readonly unsupported: readonly string[]
  /** Of attributes that mean nothing. */
  readonly warnings: readonly string[]
  /** All that it says. @throws HclError with all that is wrong */
  readonly values: () => AttributeValues
  /** One attribute for whoever refers to it; a null where it is not said, undefined where there is none of that name. @throws HclError */
  readonly value: (attribute: string) => Value | undefined
}

export interface ProductHead {
  readonly type: 'target' | 'group'
  readonly name: string
  /** Of the block. */
  readonly label: string
  readonly block: Block
}

/** What says how many products a block makes. */
export const HEAD: BodySchema = { attributes: [{ name: 'matrix', required: false }, { name: 'name', required: false }], blocks: [] }
const UNSUPPORTED: ReadonlySet<string> = new Set(['policy', 'resources'])

/** @throws HclError */
export function createProduct(head: ProductHead, scope: Scope): Product {
  const forms = formsOf(head)
  const content = head.block.body.partialContent({ attributes: [...forms.keys()].map((name) => ({ name, required: false })), blocks: [] })
  throwDiagnostics(content.diagnostics)
  const rest = [...content.remain.partialContent(HEAD).remain.justAttributes().attributes.values()]
  const reader = new AttributeReader(head, scope)
  return {
    ...head,
    unsupported: rest.map(({ name }) => name).filter((name) => UNSUPPORTED.has(name)),
    warnings: rest.filter(({ name }) => !UNSUPPORTED.has(name)).map((attribute) => passedOver(attribute, head)),
    values: () => readAll(content.attributes, (attribute) => reader.read(attribute)),
    value(name) {
      const attribute = content.attributes.get(name)
      const form = forms.get(name)
      return attribute === undefined ? form && nullOf(form.type) : reader.read(attribute)
    },
  }
}

function formsOf({ type }: ProductHead): ReadonlyMap<string, AttributeForm> {
  return type === 'target' ? TARGET_FORMS : GROUP_FORMS
}

class AttributeReader {
  readonly #head: ProductHead
  readonly #scope: Scope
  readonly #done = new Map<string, Value>()
  readonly #busy = new Set<string>()

  constructor(head: ProductHead, scope: Scope) {
    this.#head = head
    this.#scope = scope
  }

  read({ name, expression }: Attribute): Value {
    const known = this.#done.get(name)
    if (known !== undefined) return known
    const { type, name: owner } = this.#head
    if (this.#busy.has(name)) throw new HclError([{ summary: 'Invalid expression', detail: `reference cycle not allowed for ${type}.${owner}.${name}`, subject: expression.range }])
    this.#busy.add(name)
    try {
      const value = blame({ summary: 'Unsuitable value type', subject: expression.range }, () => this.#convert(name, evaluate(expression, this.#scope)))
      this.#done.set(name, value)
      return value
    } finally {
      this.#busy.delete(name)
    }
  }

  #convert(name: string, value: Value): Value {
    try {
      return formsOf(this.#head).get(name)?.read(value) ?? value
    } catch (error) {
      if (!(error instanceof ConversionError || error instanceof BakeError)) throw error
      throw new BakeError(`Unsuitable value: ${error.message}`, { hint: error.hint, cause: error })
    }
  }
}

/** Tells all mistakes at once. */
function readAll(attributes: ReadonlyMap<string, Attribute>, read: (attribute: Attribute) => Value): AttributeValues {
  const values = new Map<string, Value>()
  const diagnostics: Diagnostic[] = []
  for (const [name, attribute] of attributes) {
    try {
      values.set(name, read(attribute))
    } catch (error) {
      if (!(error instanceof HclError)) throw error
      diagnostics.push(...error.diagnostics)
    }
  }
  throwDiagnostics(diagnostics)
  return values
}

function passedOver({ name, nameRange }: Attribute, head: ProductHead): string {
  const near = findNearest(name, [...formsOf(head).keys(), 'matrix'])
  return `${formatRange(nameRange)}: ${head.type} ${JSON.stringify(head.label)} has no attribute ${JSON.stringify(name)}, which is passed over${near === undefined ? '' : `: did you mean ${near}?`}`
}

/**
 * What `target` and `group` are in an expression: an object of all there are, of which what `path` reads is worked out. Of
 * several of a name, the last that says it counts. Undefined where `path` reads nothing of it. @throws HclError
 */
export function productObject(products: readonly Product[], [name, attribute]: readonly string[]): Value | undefined {
  if (name === undefined) return undefined
  const named = products.filter((product) => product.name === name)
  const [first] = named
  const attributes = first === undefined ? [] : [...formsOf(first).keys()].filter((form) => attribute === undefined || form === attribute)
  const values = attributes.flatMap((form) => {
    const said = named.map((product) => product.value(form)).filter((value) => value !== undefined)
    const last = said.findLast((value) => value.kind !== 'null') ?? said[0]
    return last === undefined ? [] : [[form, last] as const]
  })
  return object([...new Set(products.map((product) => product.name))].map((key) => [key, object(key === name ? values : [])]))
}
