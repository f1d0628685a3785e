import { UsageError } from '../flags/usageError.ts'

/** Systems whose logs fold, and that pick facts out of what a command prints. */
export const CI_SYSTEMS = ['github', 'gitlab'] as const
export type CiSystem = (typeof CI_SYSTEMS)[number]

type Env = Readonly<NodeJS.ProcessEnv>

/**
 * What the log is for: `PELAGO_CI` says it, or `none`; else GitHub's and GitLab's own variables do (Gitea and Forgejo
 * set GitHub's, and read its commands). @throws UsageError for a value that is no system
 */
export function ciSystemOf(env: Env): CiSystem | undefined {
  const asked = env['PELAGO_CI'] ?? ''
  if (asked === 'none') return undefined
  if (asked !== '') {
    const known = CI_SYSTEMS.find((system) => system === asked)
    if (known === undefined) throw new UsageError(`PELAGO_CI=${asked} is no CI system known here`, { hint: `set it to ${CI_SYSTEMS.join(', ')} or none, or leave it out` })
    return known
  }
  if (env['GITHUB_ACTIONS'] === 'true') return 'github'
  return env['GITLAB_CI'] === 'true' ? 'gitlab' : undefined
}
