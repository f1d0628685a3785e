import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'

/** `PELAGO_ROOT`, else `/var/lib/pelago` for root, else `$XDG_DATA_HOME/pelago`. Absolute. */
export function storeRoot(env: Readonly<Record<string, string | undefined>>, uid: number): string {
  const named = env['PELAGO_ROOT'] ?? ''
  if (named !== '') return resolve(named)
  if (uid === 0) return '/var/lib/pelago'
  const data = env['XDG_DATA_HOME'] ?? ''
  return join(isAbsolute(data) ? data : join(env['HOME'] ?? homedir(), '.local', 'share'), 'pelago')
}
