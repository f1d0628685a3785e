import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openSubprocess } from '../../src/kit/process/subprocess.ts'
import { PEER_ROOT } from '../../test/support/peers/buildx.ts'
import { untilItListens } from '../../test/support/peers/dockerDaemon.ts'
import type { Stage } from './contestant.ts'
import { ENTER_EMULATION } from './emulationNamespaces.ts'

const START = fileURLToPath(new URL('start-dockerd', import.meta.url))

export interface Dockerd extends AsyncDisposable {
  /** For what talks to it. */
  readonly env: Readonly<Record<string, string>>
}

/**
 * The dockerd of scripts/peers, counted by the stage's group. Where steps are emulated it runs in the user namespace
 * that Pelago's own engine runs in, with the same emulators registered there: the machine itself has none.
 */
export async function startDockerd({ folder, isEmulated, group }: Stage, ...flags: readonly string[]): Promise<Dockerd> {
  const prefix = isEmulated ? ENTER_EMULATION : []
  const own = ['--data-root', '/peer/data', '--exec-root', '/peer/exec', '--pidfile', '/peer/pid', '-H', 'unix:///peer/socket', '--bridge=none', '--iptables=false', '--ip6tables=false']
  // in namespaces of its own the daemon sees its groups as the machine's
  const parent = group === undefined || isEmulated ? [] : ['--cgroup-parent', `/${group.name}`]
  const argv = [START, PEER_ROOT, folder, (group?.folders ?? []).join(':'), ...prefix, 'dockerd', ...own, ...parent, ...flags] as const
  const daemon = openSubprocess(argv, { cwd: '/', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } }, new AbortController().signal)
  await untilItListens(daemon.stderr)
  return {
    env: { PATH: '/usr/bin:/bin', HOME: folder, DOCKER_CONFIG: join(folder, '.docker'), DOCKER_HOST: `unix://${join(folder, 'socket')}` },
    [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
  }
}
