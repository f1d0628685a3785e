import { type BakeFile, formatOf, parseBakeFile } from './bakeFile.ts'
import type { BakeDefinition } from './bakeDefinition.ts'
import { evaluateFiles, type EvaluationSources } from './evaluate/evaluateFiles.ts'

export interface DefinitionSources extends EvaluationSources {
  /** Compose files as targets, all together. @throws BuildError */
  readonly readCompose: (files: readonly BakeFile[]) => Pick<BakeDefinition, 'groups' | 'targets'>
}

const NOTHING: BakeDefinition = { groups: [], targets: [], variables: [], warnings: [] }

/**
 * What files say together: what they say of the same target is merged, in their order, but that Compose files are always
 * under the others. @throws BuildError on what cannot be read
 */
export function readDefinition(files: readonly BakeFile[], sources: DefinitionSources): BakeDefinition {
  const compose = files.filter((file) => isCompose(file, sources))
  const base = compose.length === 0 ? NOTHING : { ...NOTHING, ...sources.readCompose(compose) }
  const [first, ...rest] = files.filter((file) => !compose.includes(file)).map(parseBakeFile)
  return first === undefined ? base : evaluateFiles([first, ...rest], base, sources)
}

function isCompose(file: BakeFile, { readCompose }: DefinitionSources): boolean {
  const format = formatOf(file)
  if (format !== 'unknown') return format === 'compose'
  try {
    readCompose([file])
    return true
  } catch {
    return false // what is wrong with it is told as HCL
  }
}
