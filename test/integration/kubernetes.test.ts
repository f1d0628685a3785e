import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startEngine, type EngineSocket } from '../support/engine/engineSocket.ts'
import { installPeer, missingPeer } from '../support/peers/peerProgram.ts'
import { openPelago, type CommandResult, type Pelago } from '../support/pelago.ts'
import { missing } from '../support/requires.ts'
import { startFakeCluster, type FakeCluster } from '../support/servers/kubernetes/fakeCluster.ts'

/** What becomes of a pod, by its image. */
const FATES: ReadonlyMap<string, object> = new Map([
  ['crash:1', { phase: 'Running', containerStatuses: [{ name: 'buildkitd', ready: false, restartCount: 3, state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s' } }, lastState: { terminated: { exitCode: 1, reason: 'Error' } } }] }],
  ['wide:1', { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/2 nodes are available: 2 Insufficient cpu.' }] }],
])
const READY = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }], containerStatuses: [{ name: 'buildkitd', ready: true, restartCount: 0, state: { running: {} } }] }

/** The real kubectl before the API of a cluster, in whose pods a real engine answers. */
describe('builders in a cluster', { skip: missing('crun', 'openssl') || missingPeer('kubectl'), concurrency: false }, () => {
  let pelago: Pelago
  let engine: EngineSocket
  let cluster: FakeCluster
  before(async () => {
    engine = await startEngine()
    const joiner = (socket: string): readonly [string, ...string[]] => [process.execPath, '-e', `const s = require('node:net').connect(${JSON.stringify(socket)}); process.stdin.pipe(s).pipe(process.stdout)`]
    cluster = await startFakeCluster({
      token: 't0ken',
      podStatus: (image) => FATES.get(image) ?? READY,
      programs: ([program, word]) => (program === 'buildctl' && word === 'dial-stdio' ? joiner(new URL(engine.address).pathname) : undefined),
    })
    pelago = await openPelago()
    await installPeer('kubectl', join(pelago.folder, 'bin'))
    await writeFile(join(pelago.folder, 'kubeconfig'), cluster.kubeconfig)
  })
  after(async () => {
    await pelago[Symbol.asyncDispose]()
    await cluster[Symbol.asyncDispose]()
    await engine[Symbol.asyncDispose]()
  })
  const run = (...args: readonly string[]): Promise<CommandResult> => pelago.run(args, { env: { PATH: `${join(pelago.folder, 'bin')}:${pelago.env['PATH'] ?? ''}`, KUBECONFIG: join(pelago.folder, 'kubeconfig') } })
  const succeed = async (...args: readonly string[]): Promise<CommandResult> => {
    const result = await run(...args)
    assert.equal(result.exitCode, 0, result.stdout + result.stderr)
    return result
  }

  it('are made by the first build, and stopped, started again and removed', async () => {
    await succeed('create', '--name', 'k', '--driver', 'kubernetes', '--platform', 'linux/arm64', '--driver-opt', 'replicas=2,requests.cpu=100m', '--driver-opt', '"nodeselector=kubernetes.io/arch=arm64,zone=a"')
    assert.equal(cluster.calls.length, 0)
    const context = await pelago.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
    const built = await succeed('--builder', 'k', 'build', '-o', join(pelago.folder, 'out'), context)
    assert.match(built.stderr, /^note: creating deployments\/k0 in the namespace builds\nnote: waiting for its 2 pods$/m)
    assert.equal(await readFile(join(pelago.folder, 'out/Dockerfile'), 'utf8'), 'FROM scratch\nCOPY Dockerfile /\n')
    assert.deepEqual(cluster.objects.keys(), ['builds/deployments/k0', 'builds/pods/k0-0', 'builds/pods/k0-1'])
    assert.match(JSON.stringify(cluster.objects.find('builds/deployments/k0')), /"nodeSelector":\{"kubernetes.io\/arch":"arm64","zone":"a"\}/)
    await succeed('stop', 'k')
    assert.deepEqual(cluster.objects.keys(), ['builds/deployments/k0'])
    assert.match((await succeed('inspect', '--bootstrap', 'k')).stdout, /^Status: +running$/m)
    assert.equal(new Set(cluster.calls.filter((call) => call.endsWith('/exec'))).size, 1) // the same folder, the same pod
    assert.match((await succeed('--builder', 'kube-pod://k0-1?namespace=builds&container=buildkitd', 'inspect')).stdout, /^Status: +running$/m)
    await succeed('rm', 'k')
    assert.deepEqual(cluster.objects.keys(), [])
  })
  it('keep their state in a volume of each pod, and their configuration in a map', async () => {
    await writeFile(join(pelago.folder, 'buildkitd.toml'), 'debug = true\n')
    await succeed('create', '--name', 's', '--driver', 'kubernetes', '--bootstrap', '--driver-opt', 'persistent-volume-claim.requests.storage=1Gi,namespace=other', '--buildkitd-config', join(pelago.folder, 'buildkitd.toml'))
    assert.deepEqual(cluster.objects.keys(), ['other/configmaps/s0-config', 'other/persistentvolumeclaims/buildkitd-s0-0', 'other/pods/s0-0', 'other/statefulsets/s0'])
    await succeed('rm', '--keep-state', 's')
    assert.deepEqual(cluster.objects.keys(), ['other/persistentvolumeclaims/buildkitd-s0-0'])
  })
  it('say why their pods do not come up', async () => {
    for (const [name, image, said] of [
      ['crash', 'crash:1', /pod crash0-0 buildkitd: CrashLoopBackOff: back-off 40s \(it ended with exit code 1\)\n +level=info msg="starting"\n +Error: no such option\nhint: the engine does not stay up/],
      ['wide', 'wide:1', /not ready after 0 s:\n +pod wide0-0 cannot be scheduled: 0\/2 nodes are available: 2 Insufficient cpu\.\nhint: no node fits/],
    ] as const) {
      const { exitCode, stderr } = await run('create', '--name', name, '--driver', 'kubernetes', '--bootstrap', '--driver-opt', `image=${image},timeout=100ms`)
      assert.equal(exitCode, 125)
      assert.match(stderr, said)
    }
  })
  it('are waited for where they run and are not ready', async () => {
    const { exitCode, stderr } = await run('inspect', '--bootstrap', 'crash')
    assert.equal(exitCode, 125, stderr)
    assert.match(stderr, /^node crash0: waiting for its pod$[^]*pod crash0-0 buildkitd: CrashLoopBackOff/m)
  })
  it('say what kubectl says of a pod that is not there, and of a cluster that does not let one in', async () => {
    const absent = await run('--builder', 'kube-pod://none', 'images')
    assert.match(absent.stderr, /^ERROR: no engine answers in the pod "none": pods "none" not found$/m)
    await writeFile(join(pelago.folder, 'kubeconfig'), cluster.kubeconfig.replace('t0ken', 'other'))
    const { exitCode, stderr } = await run('--builder', 'wide', 'images')
    assert.equal(exitCode, 125)
    assert.match(stderr, /^ERROR: the cluster does not answer: .*logged in to the server.*\nhint: log in to the cluster anew/)
  })
})
