import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ENGINE_IMAGE_PROGRAMS, writeEngineArchive } from '../support/images/engineImage.ts'
import { buildxArgv } from '../support/peers/buildx.ts'
import { missingPeerDaemon, startPeerDaemon, type PeerDaemon } from '../support/peers/peerDaemon.ts'
import { installPeer } from '../support/peers/peerProgram.ts'
import { openPelago, runCommand, type CommandResult, type Pelago } from '../support/pelago.ts'
import { missing } from '../support/requires.ts'

const IMAGE = 'pelago-engine:test'
const CONTAINER = 'buildx_buildkit_b0'

/** A real dockerd, in whose containers Pelago's engine stands where buildx has a buildkitd. */
describe('builders in containers', { skip: missing(...ENGINE_IMAGE_PROGRAMS) || missingPeerDaemon, concurrency: false }, () => {
  let pelago: Pelago
  let daemon: PeerDaemon
  before(async () => {
    pelago = await openPelago()
    daemon = await startPeerDaemon()
    await installPeer('docker', join(pelago.folder, 'bin'))
    const imported = await docker('import', '--change', 'ENTRYPOINT ["buildkitd"]', await writeEngineArchive(daemon.folder), IMAGE)
    assert.equal(imported.exitCode, 0, imported.stderr)
  })
  after(async () => {
    await docker('rm', '--force', CONTAINER)
    await daemon[Symbol.asyncDispose]()
    await pelago[Symbol.asyncDispose]()
  })
  const environment = (): Record<string, string> => ({ ...pelago.env, PATH: `${join(pelago.folder, 'bin')}:${pelago.env['PATH'] ?? ''}`, DOCKER_HOST: daemon.address })
  const docker = (...args: readonly string[]): Promise<CommandResult> => runCommand(['docker', ...args], { env: environment() })
  const buildx = (...args: readonly string[]): Promise<CommandResult> => runCommand(buildxArgv(args, 'peer'), { env: environment() })
  const run = (...args: readonly string[]): Promise<CommandResult> => pelago.run(args, { env: environment() })
  const succeed = async (...args: readonly string[]): Promise<CommandResult> => {
    const result = await run(...args)
    assert.equal(result.exitCode, 0, result.stdout + result.stderr)
    return result
  }
  const inspected = async (format: string): Promise<string> => (await docker('container', 'inspect', '--format', format, CONTAINER)).stdout.trim()

  it('are made by the first build, stopped, started again, left alone and removed', async () => {
    const create = ['create', '--name', 'b', '--use', '--driver', 'docker-container', '--driver-opt', `image=${IMAGE},network=host,memory=2g,env.GREETING=a b`]
    await succeed(...create)
    const context = await pelago.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
    const build = (): Promise<CommandResult> => succeed('build', '-o', join(pelago.folder, 'out'), context)
    assert.match((await build()).stderr, new RegExp(`^note: pulling image ${IMAGE}\nnote: using the image ${IMAGE} that is there: it cannot be pulled: .*\nnote: creating container ${CONTAINER}\nnote: starting container ${CONTAINER}$`, 'm'))
    assert.equal(await readFile(join(pelago.folder, 'out/Dockerfile'), 'utf8'), 'FROM scratch\nCOPY Dockerfile /\n')
    assert.equal(await inspected('{{.HostConfig.Privileged}} {{.HostConfig.RestartPolicy.Name}} {{.HostConfig.NetworkMode}} {{.HostConfig.Memory}} {{(index .Mounts 0).Name}} {{(index .Mounts 0).Destination}}'), `true unless-stopped host 2147483648 ${CONTAINER}_state /var/lib/buildkit`)
    assert.match(await inspected('{{json .Config.Env}}'), /"GREETING=a b"/)
    await buildx('create', '--name', 'b', '--driver', 'docker-container')
    assert.match((await buildx('inspect', 'b')).stdout, /^Status: +running$/m) // the same container
    await succeed('stop')
    assert.equal(await inspected('{{.State.Status}}'), 'exited')
    assert.match((await succeed('ls')).stdout, /stopped/)
    assert.match((await build()).stderr, /CACHED/) // what is kept in the volume
    await succeed('rm', '--keep-daemon', 'b')
    assert.equal(await inspected('{{.State.Status}}'), 'running')
    assert.match((await succeed('--builder', `docker-container://${CONTAINER}`, 'inspect')).stdout, /^Status: +running\n(?:.*\n)?BuildKit version: pelago /m)
    await succeed(...create)
    await succeed('rm', '--keep-state', 'b')
    assert.equal(await inspected('{{.State.Status}}'), '')
    assert.match((await docker('volume', 'ls', '--quiet')).stdout, new RegExp(`^${CONTAINER}_state$`, 'm'))
  })
  it('say why they do not come up, and take what there is of them along', async () => {
    const none = await run('create', '--name', 'none', '--driver', 'docker-container', '--bootstrap', '--driver-opt', 'image=localhost:1/none')
    assert.equal(none.exitCode, 125)
    assert.match(none.stderr, /^ERROR: the image "localhost:1\/none" cannot be pulled: .*\nhint: the daemon does not reach the registry/m)
    const ended = await run('create', '--name', 'b', '--driver', 'docker-container', '--bootstrap', '--driver-opt', `image=${IMAGE},network=host`, '--buildkitd-flags', '--no-such-flag')
    assert.equal(ended.exitCode, 125)
    assert.match(ended.stderr, /^ERROR: the engine in the container buildx_buildkit_b0 does not stay up[^]*it said last:\n[^]*no-such-flag[^]*\nhint: docker logs buildx_buildkit_b0/m)
    await succeed('rm', 'b')
    assert.equal((await docker('ps', '--all', '--quiet')).stdout + (await docker('volume', 'ls', '--quiet')).stdout, '')
  })
  it('say what Docker says of a container or a daemon that is not there', async () => {
    const absent = await run('--builder', 'docker-container://none', 'images')
    assert.match(absent.stderr, /^ERROR: no engine answers in the container "none": No such container: none$/m)
    await succeed('create', '--name', 'far', '--driver', 'docker-container', 'unix:///nonexistent/docker.sock')
    const gone = await run('--builder', 'far', 'images')
    assert.match(gone.stderr, /^ERROR: cannot ask docker for its containers: Cannot connect to the Docker daemon at unix:\/\/\/nonexistent\/docker\.sock.*\nhint: start the daemon/m)
    const without = await pelago.run(['--builder', 'far', 'images'], { env: { PATH: '/nonexistent' } })
    assert.match(without.stderr, /^ERROR: there is no docker and no podman on PATH\nhint: install docker/m)
  })
})
