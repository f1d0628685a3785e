import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { existsSync } from 'node:fs'
import { openSubprocess } from '../../../src/kit/process/subprocess.ts'
import { PEER_ROOT } from './buildx.ts'
import { RARE_COLLECTION, untilItListens } from './dockerDaemon.ts'

/** The real dockerd that scripts/peers fetches, which touches no network of the machine. */
export interface PeerDaemon extends AsyncDisposable {
  /** For `DOCKER_HOST`. */
  readonly address: string
  /** Its own, removed with it. */
  readonly folder: string
}

/** For a test's `skip`: why there is none; false where there is. */
export const missingPeerDaemon: string | false = (process.getuid?.() !== 0 && 'dockerd needs root') || (!existsSync(PEER_ROOT) && 'not fetched: BuildKit, by scripts/peers')

/** In a mount namespace of its own, whose root is what scripts/peers unpacked: a root of a chroot would be no place to start containers in. */
const START = [
  'mount --rbind "$0" "$0"',
  'cd "$0"',
  ...['proc', 'sys', 'dev'].map((name) => `mount --rbind /${name} ${name}`),
  'mount -t tmpfs none run',
  'mount -t tmpfs none tmp',
  'mount --bind "$1" peer',
  'mkdir run/machine',
  'pivot_root . run/machine',
  'shift',
  'exec dockerd "$@"',
].join('\n')

/** It ends with its mounts. */
export async function startPeerDaemon(...flags: readonly string[]): Promise<PeerDaemon> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'pelago-dockerd-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const own = ['--data-root', '/peer/data', '--exec-root', '/peer/exec', '--pidfile', '/peer/pid', '-H', 'unix:///peer/socket', '--bridge=none', '--iptables=false', '--ip6tables=false']
  const daemon = stack.use(openSubprocess(['unshare', '--mount', 'sh', '-euc', START, PEER_ROOT, folder, ...own, ...flags], { cwd: '/', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...RARE_COLLECTION } }, new AbortController().signal))
  await untilItListens(daemon.stderr)
  const held = stack.move()
  return { address: `unix://${join(folder, 'socket')}`, folder, [Symbol.asyncDispose]: () => held.disposeAsync() }
}
