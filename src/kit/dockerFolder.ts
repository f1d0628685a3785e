import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where Docker's client keeps its configuration: `$DOCKER_CONFIG`, else `~/.docker`. */
export function dockerFolder(env: Readonly<Record<string, string | undefined>>): string {
  const named = env['DOCKER_CONFIG'] ?? ''
  return named === '' ? join(env['HOME'] ?? homedir(), '.docker') : named
}
