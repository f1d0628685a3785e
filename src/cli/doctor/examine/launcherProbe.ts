import { optionalString, parseJsonObject, requiredString } from '../../../ground/jsonValue.ts'
import { findNamespaceProgram, findProgram, namespaceArgv, type Environment } from '../../../kit/enterNamespaces.ts'
import type { Attempt, LauncherFacts } from './machineFacts.ts'
import { runBriefly } from './runBriefly.ts'

/** What a command would enter the engine's namespaces by. */
export function findLauncher(env: Environment): LauncherFacts {
  const ours = findNamespaceProgram(env)
  if (ours !== undefined) return { kind: 'pelago-ns', path: ours }
  const unshare = findProgram('unshare', env)
  return unshare === undefined ? { kind: 'none' } : { kind: 'unshare', path: unshare }
}

export interface ProbeUser {
  readonly env: Environment
  readonly uid: number
  /** Where overlayfs is tried: a folder on the file system of the store; undefined, in memory. */
  readonly place: string | undefined
}

/** Tries what the launcher can do for `user`; by name, as `pelago-ns --probe` has them. */
export async function probeFacilities(launcher: LauncherFacts, { env, uid, place }: ProbeUser, signal: AbortSignal): Promise<ReadonlyMap<string, Attempt>> {
  switch (launcher.kind) {
    case 'none':
      return new Map()
    case 'pelago-ns': {
      const { stdout, stderr } = await runBriefly([launcher.path, '--probe', ...(place === undefined ? [] : [place])], env, signal)
      return parseProbe(stdout, stderr)
    }
    case 'unshare': {
      const { exitCode, stdout, stderr } = await runBriefly(namespaceArgv(['/bin/sh', '-c', 'echo "$PELAGO_NS_BINFMT"'], env, uid), env, signal)
      return exitCode === 0 ? new Map([['user-namespace', WORKS], ['binfmt', stdout.trim() === 'private' ? WORKS : fails('unshare leaves it as it is')]]) : new Map([['user-namespace', fails(lastLine(stderr))]])
    }
  }
}

/** Reads the lines of `pelago-ns --probe`. Where it broke off before the first of them, its complaint says why. @throws InvalidValueError */
export function parseProbe(stdout: string, stderr: string): ReadonlyMap<string, Attempt> {
  const lines = stdout.split('\n').filter((line) => line !== '')
  if (lines.length === 0) return new Map([['user-namespace', fails(stderr.includes(USAGE) ? OTHER_VERSION : lastLine(stderr))]])
  return new Map(
    lines.map((line) => {
      const fields = parseJsonObject(line, 'the answer of pelago-ns --probe')
      return [requiredString(fields, 'facility'), fields.fields.get('works') === true ? WORKS : fails(optionalString(fields, 'reason') ?? 'for no known reason')]
    }),
  )
}

/** What pelago-ns says of a command line that it does not know: it was not built anew with the rest. */
const USAGE = 'usage: pelago-ns'
const OTHER_VERSION = 'pelago-ns is of another version than pelago; make -C native'

const WORKS: Attempt = { kind: 'works' }

function fails(reason: string): Attempt {
  return { kind: 'fails', reason }
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? ''
}
