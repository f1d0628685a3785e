import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSubprocess } from '../../src/kit/process/subprocess.ts'
import { buildxArgv, PEER_ROOT } from '../support/peers/buildx.ts'
import { openUpgraded, RARE_COLLECTION, untilItListens } from '../support/peers/dockerDaemon.ts'
import { runCommand } from '../support/pelago.ts'
import { outputFlag, type Builder, type BuildOutcome } from './builder.ts'

/** The real BuildKit that scripts/peers fetches. */
export interface BuildkitPeer extends Builder, AsyncDisposable {
  /** Builds `context`, and pushes it as `reference`. @throws with all that it said where it cannot */
  push(context: string, reference: string): Promise<void>
  /** `unix:///…`, where it speaks HTTP/2 as a buildkitd does. */
  readonly address: string
}

/** For a test's `skip`: why there is none; false where there is. */
export const missingPeer = (process.getuid?.() !== 0 && 'dockerd needs root') || (!existsSync(PEER_ROOT) && 'not fetched: BuildKit, by scripts/peers')

/**
 * In a mount namespace of its own, whose root is what scripts/peers unpacked; it ends with the daemon. Images are in
 * containerd's store, so that BuildKit itself packs them.
 */
export async function startBuildkitPeer(): Promise<BuildkitPeer> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'pelago-buildkit-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const flags = ['--data-root', '/peer/data', '--exec-root', '/peer/exec', '--pidfile', '/peer/pid', '-H', 'unix:///peer/socket', '--bridge=none', '--iptables=false', '--ip6tables=false', '--feature', 'containerd-snapshotter=true']
  const mounts = ['mount --rbind "$0" "$0"', 'cd "$0"', ...['proc', 'sys', 'dev'].map((name) => `mount --rbind /${name} ${name}`), 'mount -t tmpfs none run', 'mount -t tmpfs none tmp', 'mount --bind "$1" peer']
  const start = [...mounts, 'shift', 'exec chroot . dockerd "$@"'].join('\n')
  const daemon = stack.use(openSubprocess(['unshare', '--mount', 'sh', '-euc', start, PEER_ROOT, folder, ...flags], { cwd: '/', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...RARE_COLLECTION } }, new AbortController().signal))
  await untilItListens(daemon.stderr)
  const env = { PATH: '/usr/bin:/bin', ...RARE_COLLECTION, HOME: folder, DOCKER_HOST: `unix://${join(folder, 'socket')}` }
  const address = await serveBuildKit(join(folder, 'socket'), join(folder, 'buildkit.sock'), stack)
  const held = stack.move()
  return {
    dockerfileVersion: '1.19',
    async build(context, { args, output }, archive) {
      const flags = ['--progress', 'plain', '--network', 'none', '--provenance', 'false', ...args, '--output', outputFlag(archive, output)]
      return await runBuildx(['build', ...flags, context], env)
    },
    async push(context, reference) {
      const { isBuilt, said } = await runBuildx(['build', '--network', 'none', '--provenance', 'false', '--output', `type=image,name=${reference},push=true`, context], env)
      if (!isBuilt) throw new Error(`cannot push ${reference}:\n${said}`)
    },
    address,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

/** Docker has its BuildKit behind an upgrade of HTTP/1.1; whoever connects to `path` is handed on to there. */
async function serveBuildKit(docker: string, path: string, stack: AsyncDisposableStack): Promise<string> {
  const server = createServer({ pauseOnConnect: true }, (client) => {
    void openUpgraded(docker).then((buildkit) => {
      client.pipe(buildkit).pipe(client)
      for (const [one, other] of [[client, buildkit], [buildkit, client]] as const) one.on('error', () => other.destroy()).on('close', () => other.destroy())
    }, () => client.destroy())
  })
  server.listen(path)
  await once(server, 'listening')
  stack.defer(() => void server.close())
  return `unix://${path}`
}

async function runBuildx(args: readonly string[], env: Readonly<Record<string, string>>): Promise<BuildOutcome> {
  const { exitCode, stdout, stderr } = await runCommand(buildxArgv(args, 'peer'), { env })
  return { isBuilt: exitCode === 0, said: stdout + stderr }
}
