import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PRIVATE_APT = fileURLToPath(new URL('../../../scripts/private-apt.sh', import.meta.url))

/** For scripts/base-images: it keeps there what it makes, and under `apt` the package lists of each architecture. */
export const BASE_CACHE = process.env['PELAGO_BASE_CACHE'] ?? join(homedir(), '.cache/pelago-test/base-images')

/** `argv`, once nobody else of this machine's tests is at the package lists, which are fetched once for all. */
export function withPackageLists(argv: readonly string[]): readonly [string, ...string[]] {
  mkdirSync(BASE_CACHE, { recursive: true })
  return ['flock', join(BASE_CACHE, 'lock'), ...argv]
}

/** What runs `script`, of shell, which has `update_lists` and `private_apt` of scripts/private-apt.sh, and `args` as `$1` and on. */
export function packageScript(script: string, ...args: readonly string[]): readonly [string, ...string[]] {
  return withPackageLists(['sh', '-euc', `apt=$1; shift; . ${PRIVATE_APT}\n${script}`, 'sh', join(BASE_CACHE, 'apt'), ...args])
}
