import { mergeBodies } from '../hcl/mergeBodies.ts'
import type { Attribute, Block, Body, BodySchema } from '../hcl/body.ts'
import { type Diagnostic, throwDiagnostics } from '../hcl/diagnostic.ts'
import { formatRange } from '../hcl/sourceRange.ts'

/** What stands at the top of all files together. */
export interface FileParts {
  /** By name; of several of a name the last counts. */
  readonly variables: ReadonlyMap<string, Block>
  readonly functions: ReadonlyMap<string, Block>
  /** Attributes outside of blocks: variables whose value the files fix. Of several of a name the first counts. */
  readonly globals: ReadonlyMap<string, Attribute>
  /** Targets and groups, in the order in which they stand. */
  readonly blocks: readonly Block[]
  readonly warnings: readonly string[]
}

const DEFINITIONS: BodySchema = { attributes: [], blocks: [{ type: 'variable', labelNames: ['name'] }, { type: 'function', labelNames: ['name'] }] }
const PRODUCTS: BodySchema = { attributes: [], blocks: [{ type: 'group', labelNames: ['name'] }, { type: 'target', labelNames: ['name'] }] }

/** @param builtin names that no file defines anew @throws HclError */
export function readFileParts(bodies: readonly [Body, ...Body[]], builtin: ReadonlySet<string>): FileParts {
  const products = mergeBodies(...bodies).partialContent(PRODUCTS)
  throwDiagnostics(products.diagnostics)
  const definitions = products.remain.partialContent(DEFINITIONS)
  throwDiagnostics(definitions.diagnostics)
  const rest = definitions.remain.justAttributes()
  throwDiagnostics(rest.diagnostics.filter((diagnostic) => !isHarmless(diagnostic)))
  const named = (type: string): ReadonlyMap<string, Block> => new Map(definitions.blocks.filter((block) => block.type === type).flatMap((block) => block.labels.filter((label) => !builtin.has(label)).map((label) => [label, block] as const)))
  return {
    variables: named('variable'),
    functions: named('function'),
    globals: new Map([...rest.attributes].filter(([name]) => !builtin.has(name))),
    blocks: products.blocks,
    warnings: rest.diagnostics.filter(isUnknownBlock).map(({ summary, subject }) => `${formatRange(subject)}: ${summary.toLowerCase()} is passed over: there are group, target, variable and function`),
  }
}

/** Buildx passes over blocks that it does not know, and files may set the same variable. */
function isHarmless(diagnostic: Diagnostic): boolean {
  return isUnknownBlock(diagnostic) || diagnostic.detail.startsWith('Argument "')
}

function isUnknownBlock({ detail }: Diagnostic): boolean {
  return detail === 'Blocks are not allowed here.'
}
