import { BakeError } from '../bakeError.ts'
import type { Attribute, Block } from '../hcl/body.ts'
import { throwDiagnostics } from '../hcl/diagnostic.ts'
import { evaluate } from '../hcl/evaluate/evaluate.ts'
import { createChildScope, type Scope } from '../hcl/evaluate/scope.ts'
import { convert } from '../hcl/values/convert.ts'
import { STRING } from '../hcl/values/type.ts'
import type { Value } from '../hcl/values/value.ts'
import { blame } from './blame.ts'
import { createProduct, HEAD, type Product } from './product.ts'

/** One combination of what a matrix has: values by name. */
type Row = ReadonlyMap<string, Value>

export interface BlockScopes {
  /** For matrix and names: there are no targets yet. */
  readonly plain: Scope
  /** For everything else. */
  readonly full: Scope
}

/** The products of a block: one, or as many as its matrix has combinations. @throws HclError */
export function expandBlock(block: Block, { plain, full }: BlockScopes): readonly Product[] {
  const type = block.type === 'group' ? 'group' : 'target'
  const label = block.labels[0] ?? ''
  return blame({ summary: 'Invalid name', subject: block.labelRanges[0] ?? block.typeRange }, () => {
    checkName(label)
    const { rows, name } = readHead(block, plain)
    const names = rows.map((row) => (name === undefined ? label : readName(name, createChildScope(plain, row))))
    const twice = names.find((one, index) => names.indexOf(one) !== index)
    if (twice !== undefined) throw new BakeError(`duplicate name ${JSON.stringify(twice)}`, { hint: 'have each value of the matrix in the name' })
    return rows.map((row, index) => createProduct({ type, label, block, name: names[index] ?? label }, createChildScope(full, row)))
  })
}

function readHead(block: Block, scope: Scope): { readonly rows: readonly Row[]; readonly name: Attribute | undefined } {
  const { attributes, diagnostics } = block.body.partialContent(HEAD)
  throwDiagnostics(diagnostics)
  const [matrix, name] = [attributes.get('matrix'), attributes.get('name')]
  if (block.type === 'group' && matrix !== undefined) throw new BakeError('matrix is not supported for groups')
  if (block.type === 'group' && name !== undefined) throw new BakeError('name is not supported for groups')
  if (name !== undefined && matrix === undefined) throw new BakeError('name requires matrix')
  return { rows: matrix === undefined ? [new Map()] : combine(evaluate(matrix.expression, scope)), name }
}

function readName({ expression }: Attribute, scope: Scope): string {
  const name = convert(evaluate(expression, scope), STRING)
  if (name.kind !== 'string') throw new BakeError('the name is null')
  checkName(name.value)
  return name.value
}

function checkName(name: string): void {
  if (!/^[a-zA-Z0-9_-]+$/.test(name)) throw new BakeError('only "[a-zA-Z0-9_-]+" are allowed')
}

/** Every combination; the first key varies fastest. */
function combine(matrix: Value): readonly Row[] {
  if (!('entries' in matrix)) throw new BakeError('matrix must be a map')
  return [...matrix.entries].reduce<readonly Row[]>(
    (rows, [key, values]) => {
      const list = 'elements' in values ? values.elements : 'entries' in values ? [...values.entries.values()] : undefined
      if (list === undefined) throw new BakeError('matrix values must be a list')
      if (rows.length * list.length > MAX_COMBINATIONS) throw new BakeError(`the matrix has more than ${MAX_COMBINATIONS} combinations`)
      return list.flatMap((value) => rows.map((row) => new Map([...row, [key, value]])))
    },
    [new Map()],
  )
}

/** Far beyond what anyone builds at once; a slip of the pen makes millions. */
const MAX_COMBINATIONS = 10_000
