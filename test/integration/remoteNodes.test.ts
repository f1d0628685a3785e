import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createAuthority } from '../support/certificates.ts'
import { serve } from '../support/engine/servedEngine.ts'
import { findProcesses, untilNone } from '../support/engine/traces.ts'
import { startSshMachine, type SshMachine } from '../support/engine/sshMachine.ts'
import { busyboxContext } from '../support/images/busyboxContext.ts'
import { openPelago, type Pelago } from '../support/pelago.ts'
import { startDockerRegistry } from '../support/registry/dockerRegistry.ts'
import { startLinkProxy } from '../support/servers/linkProxy.ts'
import { missingForLab, missingForSlowLinks, openNetworkLab, type LabMachine, type NetworkLab } from '../support/servers/networkLab.ts'
import { missing } from '../support/requires.ts'
import { startPelago } from '../support/startedCommand.ts'

const GONE_MS = 60_000
/** What it prints is not a part of the command itself, which is printed, too. */
const PAUSE = 'RUN if [ $PAUSE != 0 ]; then echo "is pau""sed"; sleep $PAUSE; fi; hostname > result'

describe('an engine over a network, with certificates of both sides', { skip: missing('crun', 'busybox', 'openssl') }, () => {
  /** The largest part of a context is the busybox of two megabytes. */
  const bytesPerSecond = 2_000_000

  it('builds over a slow link, whose loss is told', { skip: missingForLab() === false && 'done over real links' }, async () => {
    await using undo = new AsyncDisposableStack()
    const [pelago, there] = [undo.use(await openPelago()), undo.use(await openPelago())]
    const authority = createAuthority(there.folder, 'ours')
    const [server, client] = [authority.issue('server', 'serverAuth'), authority.issue('client', 'clientAuth')]
    const engine = undo.use(await serve(there, ['--addr', 'tcp://127.0.0.1:0', '--tlscacert', authority.certificate, '--tlscert', server.certificate, '--tlskey', server.key]))
    const proxy = undo.use(await startLinkProxy({ host: '127.0.0.1', port: Number(new URL(engine.addresses[0] ?? '').port) }, { bytesPerSecond }))
    const address = `tcp://127.0.0.1:${proxy.port}`
    await pelago.succeed(['create', '--name', 'far', '--driver-opt', `cacert=${authority.certificate},cert=${client.certificate},key=${client.key}`, address])
    const context = await pelago.context(busyboxContext(['COPY note.txt .', 'ARG PAUSE=0', PAUSE, 'FROM scratch', 'COPY --from=0 /work /work'], { 'note.txt': 'a note\n' }))

    const { stderr } = await pelago.succeed(['build', '--builder', 'far', '--progress=plain', '--output', 'out', context])
    assert.equal(readFileSync(join(pelago.folder, 'out/work/note.txt'), 'utf8'), 'a note\n')
    assert.match(stderr, /transferring context [\d.]+MB/)

    await using command = startPelago(pelago, ['build', '--builder', 'far', '--progress=plain', '--build-arg', 'PAUSE=1000', context])
    await command.printed(/is paused/)
    proxy.reset()
    const { status, output } = await command.ended
    assert.match(output, new RegExp(`ERROR: lost the engine ${address} while it was building: the other end closed the connection\nhint: `))
    assert.equal(status, 125)
  })

  it('is not reached without them', async () => {
    await using pelago = await openPelago()
    const { stderr } = await pelago.run(['--builder', 'tcp://build.example.com:8372', 'info'])
    assert.match(stderr, /cannot be reached without TLS\nhint: .*--driver-opt cacert=FILE,cert=FILE,key=FILE tcp:\/\/build\.example\.com:8372; or go there by ssh:\/\/build\.example\.com/)
  })
})

describe('an engine over ssh', { skip: missing('crun', 'busybox', 'ssh', 'ssh-keygen') }, () => {
  let undo: AsyncDisposableStack
  let machine: SshMachine
  let pelago: Pelago
  let context: string
  const storeThere = (): string => machine.pelago.env['PELAGO_ROOT'] ?? ''

  before(async () => {
    undo = new AsyncDisposableStack()
    machine = undo.use(await startSshMachine())
    pelago = undo.use(await openPelago({ PATH: `${machine.clientPath}:${process.env['PATH'] ?? ''}` }))
    context = await pelago.context(busyboxContext(['COPY note.txt .', 'ARG PAUSE=0', PAUSE], { 'note.txt': 'a note\n' }))
  })
  after(async () => await undo.disposeAsync())

  it('builds from a folder of this machine, and sends the result back', async () => {
    await pelago.succeed(['build', '--builder', 'ssh://big', '--output', 'out', context])
    assert.equal(readFileSync(join(pelago.folder, 'out/work/note.txt'), 'utf8'), 'a note\n')
    const { stdout } = await pelago.succeed(['--builder', 'ssh://big', 'info', '--format', '{{.DockerRootDir}}'])
    assert.equal(stdout.trim(), storeThere())
    assert.deepEqual(findProcesses(pelago.env['PELAGO_ROOT'] ?? ''), [])
  })

  it('is joined to standard input and output, chosen by the platform', async () => {
    await pelago.succeed(['create', '--name', 'two', '--platform', 'linux/amd64', 'embedded'])
    await pelago.succeed(['create', '--name', 'two', '--append', '--platform', 'linux/arm64', 'ssh://big'])
    const { stdout, stderr } = await pelago.succeed(['buildx', 'dial-stdio', '--builder', 'two', '--platform', 'linux/arm64', '--progress=plain'])
    assert.match(stderr, /dialing ssh:\/\/big of builder two/)
    assert.match(stdout, /^\0\0[^]\x04\0\0\0\0\0/) // an HTTP/2 server's first frame
  })

  it('does not mount what has the name there', async () => {
    const { exitCode, stderr } = await pelago.run(['run', '--builder', 'ssh://big', '--volume', '.:/here', 'localhost:1/app'])
    assert.match(stderr, /cannot be mounted: the engine is on another machine/)
    assert.equal(exitCode, 125)
  })

  const failures = [
    { name: 'a machine whose key is not known', address: 'ssh://stranger', message: /ssh:\/\/stranger: Host key verification failed\.\nhint: .*ssh stranger/ },
    { name: 'a machine that refuses the login', address: 'ssh://refusing', message: /Permission denied.*\nhint: .*authorized_keys/ },
    { name: 'a port that nobody listens on', address: 'ssh://big:1', message: /Connection refused\nhint: .*sshd/ },
    { name: 'a socket that is not there', address: 'ssh://big/no/such.sock', message: /ssh:\/\/big\/no\/such\.sock: no engine answers at unix:\/\/\/no\/such\.sock\nhint: on big: / },
  ]
  for (const { name, address, message } of failures) {
    it(`says why ${name} has no engine for it, and what to do`, async () => {
      const { exitCode, stderr } = await pelago.run(['--builder', address, 'info'])
      assert.match(stderr, message)
      assert.equal(exitCode, 125)
    })
  }

  it('ends what it began there with kill -9 of the command here', async () => {
    const mark = `87${String(process.hrtime.bigint()).slice(-9)}`
    await using command = startPelago(pelago, ['build', '--builder', 'ssh://big', '--progress=plain', '--build-arg', `PAUSE=${mark}`, context])
    await command.printed(/is paused/)
    command.kill('SIGKILL')
    await untilNone(() => [...findProcesses(mark), ...findProcesses('dial-stdio').filter(({ pid }) => environmentOf(pid).includes(storeThere()))], GONE_MS)
  })
})

/** Each node's engine is in a network namespace of its own, at the end of a cable; pinned platforms take the place of CPUs. */
describe('nodes in networks of their own', { skip: missingForLab() || missingForSlowLinks || missing('crun', 'busybox', 'openssl', 'ssh', 'ssh-keygen', 'docker-registry'), concurrency: false }, () => {
  const bitsPerSecond = 40_000_000
  let undo: AsyncDisposableStack
  let lab: NetworkLab
  let near: SshMachine
  let pelago: Pelago
  let registry: string
  before(async () => {
    undo = new AsyncDisposableStack()
    lab = undo.use(openNetworkLab(3))
    const [first, second, third] = lab.machines as [LabMachine, LabMachine, LabMachine]
    const opened = await startDockerRegistry({ asksForLogin: false, address: lab.home })
    registry = undo.use(opened).host
    const settings = { PELAGO_INSECURE_REGISTRIES: registry }
    near = undo.use(await startSshMachine(first, settings))
    pelago = undo.use(await openPelago({ PATH: `${near.clientPath}:${process.env['PATH'] ?? ''}`, ...settings }))
    const authority = createAuthority(pelago.folder, 'ours')
    const client = authority.issue('client', 'clientAuth')
    const startNode = async (name: string, place: LabMachine): Promise<string> => {
      const there = undo.use(await openPelago())
      const server = authority.issue(name, 'serverAuth', place.address)
      const engine = undo.use(await serve(there, ['--addr', `tcp://${place.address}:0`, '--tlscacert', authority.certificate, '--tlscert', server.certificate, '--tlskey', server.key], settings, place))
      return engine.addresses[0] ?? ''
    }
    const [middle, spare] = await Promise.all([startNode('middle', second), startNode('spare', third)])
    const tls = `cacert=${authority.certificate},cert=${client.certificate},key=${client.key},timeout=60s`
    await pelago.succeed(['create', '--name', 'far', '--node', 'near', '--platform', 'linux/amd64', '--driver-opt', 'timeout=60s', 'ssh://big'])
    await pelago.succeed(['create', '--name', 'far', '--append', '--node', 'middle', '--platform', 'linux/arm64', '--driver-opt', `${tls},silence=2s`, middle])
    await pelago.succeed(['create', '--name', 'far', '--append', '--node', 'spare', '--driver-opt', tls, spare])
  })
  after(async () => await undo.disposeAsync())

  const GATE = 'RUN --mount=type=secret,id=gate grep -q open /run/secrets/gate || { echo is waiting; sleep $PAUSE; }'
  const gate = (): string => join(pelago.folder, 'gate')
  const build = (tag: string, context: string): readonly string[] => ['build', '--builder', 'far', '--progress=plain', '--audit=off', '--platform', 'linux/amd64,linux/arm64', '--secret', `id=gate,src=${gate()}`, '-t', `${registry}/app:${tag}`, '--push', context]
  const platformsOf = async (tag: string): Promise<readonly string[]> => {
    const answer = await fetch(`http://${registry}/v2/app/manifests/${tag}`, { headers: { accept: 'application/vnd.oci.image.index.v1+json' } })
    return ((await answer.json()) as { readonly manifests: readonly { readonly platform: { readonly architecture: string } }[] }).manifests.map(({ platform }) => platform.architecture)
  }
  const waiting = /^#\d+ [\d.]+ is waiting$/m
  const bothWaiting = new RegExp(`${waiting.source}[^]*${waiting.source}`, 'm')

  it('build and push from there, one of them over a slow link, and one index comes of it', async () => {
    lab.machines[1]?.slowDown(bitsPerSecond)
    await writeFile(gate(), 'open')
    const context = await pelago.context(busyboxContext(['ARG PAUSE=60', GATE, 'COPY note.txt .'], { 'note.txt': 'a note\n' }))
    const { stderr } = await pelago.succeed(build('whole', context))
    assert.match(stderr, /\[near linux\/amd64 .*COPY note\.txt/)
    assert.match(stderr, /\[middle linux\/arm64 .*COPY note\.txt/)
    assert.deepEqual(await platformsOf('whole'), ['amd64', 'arm64'])
  })

  it('stop what they do for a client that vanishes', async () => {
    const mark = `86${String(process.hrtime.bigint()).slice(-9)}`
    await writeFile(gate(), 'shut')
    const context = await pelago.context(busyboxContext([`ARG PAUSE=${mark}`, GATE]))
    await using command = startPelago(pelago, build('none', context))
    await command.printed(bothWaiting)
    command.kill('SIGKILL')
    await untilNone(() => findProcesses(mark), GONE_MS)
  })

  it('are replaced where one dies and the way to another is cut', async () => {
    await writeFile(gate(), 'shut')
    const context = await pelago.context(busyboxContext(['ARG PAUSE=60', 'RUN echo once more', GATE]))
    await using command = startPelago(pelago, build('again', context))
    await command.printed(bothWaiting)
    await writeFile(gate(), 'open')
    for (const { pid } of findProcesses(dirname(near.pelago.folder))) killIfThere(pid)
    await rm(join(near.pelago.env['XDG_RUNTIME_DIR'] ?? '', 'pelago'), { recursive: true, force: true }) // what it left there
    lab.machines[1]?.cut()
    const { status, output } = await command.ended
    assert.match(output, /node near is lost: linux\/amd64 goes to (?:spare|middle)/) // nobody knows yet that the way to the middle one is cut
    assert.match(output, /node middle is lost: linux\/arm64 goes to spare/)
    assert.equal(status, 0, output)
    assert.deepEqual(await platformsOf('again'), ['amd64', 'arm64'])
  })
})

/** One process may end with another that was killed just before. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return '' // it ended meanwhile
  }
}
