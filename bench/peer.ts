import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { startDockerRegistry } from '../test/support/registry/dockerRegistry.ts'
import { runTimed } from './runTimed.ts'

/** What Pelago is measured against, and a registry for both. */
export interface Peer extends AsyncDisposable {
  readonly registry: string
  /** Undefined where this machine has no dockerd. */
  readonly docker: DockerBuild | undefined
}

export interface DockerBuild {
  /** Milliseconds. */
  build(tag: string, context: string, push: boolean): Promise<number>
}

const START_MS = 20_000

export async function openPeer(folder: string): Promise<Peer> {
  await using stack = new AsyncDisposableStack()
  const registry = stack.use(await startDockerRegistry())
  const docker = await startDocker(folder)
  if (docker !== undefined) stack.defer(() => stop(docker.daemon))
  const held = stack.move()
  return { registry: registry.host, docker, [Symbol.asyncDispose]: () => held.disposeAsync() }
}

async function startDocker(folder: string): Promise<(DockerBuild & { readonly daemon: ChildProcess }) | undefined> {
  if (spawnSync('dockerd', ['--version']).status !== 0 || process.getuid?.() !== 0) return undefined
  const socket = `unix://${join(folder, 'docker.sock')}`
  const daemon = spawn('dockerd', ['-H', socket, '--data-root', join(folder, 'docker'), '--exec-root', join(folder, 'docker-exec'), '--pidfile', join(folder, 'docker.pid'), '--iptables=false', '--bridge=none'], { stdio: 'ignore' })
  const env = { ...process.env, DOCKER_HOST: socket, DOCKER_BUILDKIT: '1' }
  const deadline = Date.now() + START_MS
  while (spawnSync('docker', ['info'], { env }).status !== 0) {
    if (daemon.exitCode !== null || Date.now() > deadline) return undefined
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  return {
    daemon,
    async build(tag, context, push) {
      const built = await runTimed(['/usr/bin/docker', 'build', '-q', '-t', tag, context], env)
      return push ? built + (await runTimed(['/usr/bin/docker', 'push', '-q', tag], env)) : built
    },
  }
}

async function stop(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null) return
  daemon.kill('SIGTERM')
  await once(daemon, 'exit')
}
