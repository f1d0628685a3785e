import { accessSync, constants } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BuildError } from '../ground/errors.ts'

/** The environment, as `process.env` has it. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Neither pelago-ns nor a util-linux that can stand in for it. */
export class NamespaceProgramMissingError extends BuildError {
  readonly kind = 'unavailable'
}

/**
 * The command line that runs `program` as root of user, mount and pid namespaces of its own: by `pelago-ns`
 * (`PELAGO_NS`, else the one built in this package), else by util-linux's `unshare`. The latter is slower, maps no
 * range of ids for root (who stays the machine's root then), and dies with its program only.
 * @throws NamespaceProgramMissingError
 */
export function namespaceArgv(program: readonly string[], environment: Environment, userId: number): readonly [string, ...string[]] {
  const ours = findNamespaceProgram(environment)
  if (ours !== undefined) return [ours, '--', ...program]
  const unshare = findProgram('unshare', environment)
  if (unshare === undefined) {
    throw new NamespaceProgramMissingError('pelago-ns is not built, and there is no unshare', { hint: 'run make -C native, or install util-linux' })
  }
  const own = userId === 0 ? [] : ['--user', '--map-root-user', '--map-auto']
  return [unshare, ...own, '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--', '/bin/sh', '-c', userId === 0 ? AS_ROOT : AS_USER, 'sh', ...program]
}

/** Absolute path of `pelago-ns`; undefined where it is not built. */
export function findNamespaceProgram(environment: Environment): string | undefined {
  const named = environment['PELAGO_NS']
  if (named !== undefined && named !== '') return named
  // src/kit/enterNamespaces.ts, or a bundle in dist/
  const here = dirname(fileURLToPath(import.meta.url))
  return [join(here, '../../native/build/pelago-ns'), join(here, '../native/build/pelago-ns')].find(isExecutable)
}

/** Absolute path of a program on PATH. */
export function findProgram(name: string, environment: Environment): string | undefined {
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

/** In the machine's own user namespace binfmt_misc is the machine's: it is only read. */
const AS_ROOT = `
mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null
export PELAGO_NS_IDS=all PELAGO_NS_PROC=private PELAGO_NS_BINFMT=none
exec "$@"`

const AS_USER = `
if mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc 2>/dev/null; then PELAGO_NS_BINFMT=private; else PELAGO_NS_BINFMT=none; fi
mount -t tmpfs tmpfs /sys/fs/cgroup 2>/dev/null
export PELAGO_NS_IDS=range PELAGO_NS_PROC=private PELAGO_NS_BINFMT
exec "$@"`

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
