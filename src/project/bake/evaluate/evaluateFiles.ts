import type { BakeDefinition, BakeGroup, BakeTarget } from '../bakeDefinition.ts'
import type { Body } from '../hcl/body.ts'
import { HclError, throwDiagnostics, type Diagnostic } from '../hcl/diagnostic.ts'
import type { HclFunction, Scope } from '../hcl/evaluate/scope.ts'
import { mergeTargets } from '../resolve/mergeTargets.ts'
import { readFileParts } from './fileParts.ts'
import { expandBlock } from './expandBlock.ts'
import { type Product, productObject } from './product.ts'
import { readGroup, readTarget } from './readTarget.ts'
import { createUserFunctions } from './userFunctions.ts'
import { createVariables, type VariableSources } from './variables.ts'

export interface EvaluationSources extends VariableSources {
  /** HCL's own, of which a file's are added. */
  readonly functions: ReadonlyMap<string, HclFunction>
}

/**
 * What bake files say, one on top of the other.
 * @param base what was read before, of Compose files: targets of the same name are put on top of these
 * @throws HclError with all that is wrong
 */
export function evaluateFiles(bodies: readonly [Body, ...Body[]], base: Pick<BakeDefinition, 'groups' | 'targets' | 'warnings'>, sources: EvaluationSources): BakeDefinition {
  const parts = readFileParts(bodies, new Set([...sources.builtin.keys(), 'group', 'target']))
  const products: Product[] = []
  const own = new Map<string, HclFunction>()
  const variables = createVariables(parts, sources, () => plain)
  const plain: Scope = {
    variable: (name) => variables.find(name),
    variableNames: () => variables.names(),
    function: (name) => own.get(name) ?? sources.functions.get(name),
    functionNames: () => [...own.keys(), ...sources.functions.keys()],
  }
  const full: Scope = {
    ...plain,
    variable: (name, path) => (name === 'target' || name === 'group' ? productObject(products.filter(({ type }) => type === name), path) : variables.find(name)),
  }
  for (const [name, made] of createUserFunctions(parts.functions, plain)) own.set(name, made)
  variables.check()
  products.push(...parts.blocks.flatMap((block) => expandBlock(block, { plain, full })))
  const { groups, targets } = assemble(products, base)
  return { groups: [...groups, ...renamed(products)], targets, variables: variables.list(), warnings: [...base.warnings, ...parts.warnings, ...new Set(products.flatMap(({ warnings }) => warnings))] }
}

/** A target is put on top of what was said of it before; a group takes the place of what was. */
function assemble(products: readonly Product[], base: Pick<BakeDefinition, 'groups' | 'targets'>): { readonly groups: readonly BakeGroup[]; readonly targets: readonly BakeTarget[] } {
  const groups = new Map(base.groups.map((group) => [group.name, group]))
  const targets = new Map(base.targets.map((target) => [target.name, target]))
  const diagnostics: Diagnostic[] = []
  for (const product of products) {
    try {
      const values = product.values()
      const before = targets.get(product.name)
      if (product.type === 'group') groups.set(product.name, readGroup(product.name, values))
      else targets.set(product.name, mergeInto(before, readTarget(product.name, values, product.unsupported)))
    } catch (error) {
      if (!(error instanceof HclError)) throw error
      diagnostics.push(...error.diagnostics)
    }
  }
  throwDiagnostics([...new Set(diagnostics)])
  return { groups: [...groups.values()], targets: [...targets.values()] }
}

function mergeInto(before: BakeTarget | undefined, target: BakeTarget): BakeTarget {
  return before === undefined ? target : mergeTargets(before, target)
}

/** A block that makes targets of other names is a group of them. */
function renamed(products: readonly Product[]): readonly BakeGroup[] {
  const made = new Map<string, string[]>()
  for (const { type, label, name } of products) {
    const key = `${type}.${label}`
    made.set(key, [...(made.get(key) ?? []), name])
  }
  return [...made].flatMap(([key, names]) => {
    const label = key.slice(key.indexOf('.') + 1)
    const targets = [...new Set(names)]
    return targets.length === 1 && targets[0] === label ? [] : [{ name: label, description: '', targets }]
  })
}
