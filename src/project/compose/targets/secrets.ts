import { joinCsvLine } from '../../../ground/csv.ts'
import type { ComposeProject } from '../composeProject.ts'
import type { Mistake } from '../mistakes.ts'
import { itemsAt, type Node, nodeAt, textAt } from '../yaml/node.ts'

export interface GrantedSecrets {
  /** As `--secret` takes them. */
  readonly secrets: readonly string[]
  /** What the project's environment has of the variables that they name. */
  readonly variables: ReadonlyMap<string, string>
}

interface Finding {
  readonly path: string
  readonly mistakes: Mistake[]
}

/** The secrets that a `build` is granted; `idFrom` says which of its fields a step mounts one by. Compose takes `target`, bake `source`. */
export function grantedSecrets({ model, environment }: Pick<ComposeProject, 'model' | 'environment'>, build: Node, idFrom: 'target' | 'source', { path, mistakes }: Finding): GrantedSecrets {
  const variables = new Map<string, string>()
  const secrets = itemsAt(build, 'secrets').flatMap((grant) => {
    const source = textAt(grant, 'source') ?? ''
    const secret = nodeAt(model, 'secrets', source)
    const id = textAt(grant, idFrom) ?? source
    const [file, variable] = [textAt(secret, 'file'), textAt(secret, 'environment')]
    if (variable !== undefined) {
      const value = environment.get(variable)
      if (value !== undefined) variables.set(variable, value)
      return [joinCsvLine([`id=${id}`, `env=${variable}`])]
    }
    if (file !== undefined) return [joinCsvLine([`id=${id}`, `src=${file}`])]
    const why = secret === undefined ? 'is not there' : 'is neither of a file nor of a variable'
    mistakes.push({ place: grant.place, message: `${path}.secrets: secret ${JSON.stringify(source)} ${why}`, hint: 'give it file or environment, at the top level under secrets' })
    return []
  })
  return { secrets, variables }
}
