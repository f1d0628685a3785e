import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/** XDG base directory specification: `$XDG_CONFIG_HOME` where it is absolute, else `~/.config`. */
export function configHome(env: Readonly<Record<string, string | undefined>>): string {
  const named = env['XDG_CONFIG_HOME'] ?? ''
  return isAbsolute(named) ? named : join(env['HOME'] ?? homedir(), '.config')
}
