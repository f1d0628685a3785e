import type { RemoteDefinition } from '../../project/bake/remote.ts'
import type { BuildTarget } from '../../project/buildTarget.ts'
import type { CommandContext } from '../command.ts'

type Environment = CommandContext['env']

/** The variables of buildx's by which a private repository of definitions is read, by the secret that BuildKit knows each as. */
const VARIABLES = [['GIT_AUTH_TOKEN', 'BUILDX_BAKE_GIT_AUTH_TOKEN'], ['GIT_AUTH_HEADER', 'BUILDX_BAKE_GIT_AUTH_HEADER']] as const

/** Those that are set, with their values. */
export function gitSecrets(env: Environment): ReadonlyMap<string, string> {
  return new Map(VARIABLES.flatMap(([id, variable]) => ((env[variable] ?? '') === '' ? [] : [[id, env[variable] ?? ''] as const])))
}

/** Targets that are built from the definition's own repository get what that was read by; others do not. */
export function withGitSecrets(targets: readonly BuildTarget[], remote: RemoteDefinition | undefined, env: Environment): readonly BuildTarget[] {
  const set = VARIABLES.filter(([id]) => gitSecrets(env).has(id))
  if (remote?.kind !== 'git' || set.length === 0) return targets
  const address = addressOf(remote.url)
  return targets.map((target) => (addressOf(target.context) === address ? { ...target, secrets: [...set.map(([id, variable]) => `id=${id},env=${variable}`), ...target.secrets] } : target))
}

/** Without ref and folder. */
function addressOf(reference: string): string {
  return reference.replace(/[#?].*$/s, '')
}
