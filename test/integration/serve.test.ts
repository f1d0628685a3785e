import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { createEngineClient } from '../../src/driver/engineClient.ts'
import { createAuthority, type Authority } from '../support/certificates.ts'
import { serve, type ServedEngine } from '../support/engine/servedEngine.ts'
import { openPelago, type Pelago } from '../support/pelago.ts'
import { missing } from '../support/requires.ts'
import { openNotifySocket } from '../support/servers/notifySocket.ts'
import { startCommand } from '../support/startedCommand.ts'

const never = new AbortController().signal
const PROGRAM = fileURLToPath(new URL('../../bin/pelago', import.meta.url))

describe('pelago serve', { skip: missing('crun') || missing('openssl') }, () => {
  let pelago: Pelago
  let authority: Authority
  let engine: ServedEngine
  let socket: string
  const files = (): Readonly<Record<string, string>> => ({ server: join(pelago.folder, 'server.pem'), key: join(pelago.folder, 'server-key.pem') })
  before(async () => {
    pelago = await openPelago()
    authority = createAuthority(pelago.folder, 'authority')
    authority.issue('server', 'serverAuth')
    socket = join(pelago.folder, 'engine.sock')
    const { server = '', key = '' } = files()
    engine = await serve(pelago, ['--debug', '--addr', `unix://${socket}`, '--addr', 'tcp://127.0.0.1:0', '--tlscacert', authority.certificate, '--tlscert', server, '--tlskey', key, '--oci-worker-platform', 'linux/arm64,linux/amd64', '--oci-worker-labels', 'team=blue', '--allow-insecure-entitlement', 'network.host'])
  })
  after(async () => {
    await engine[Symbol.asyncDispose]()
    await pelago[Symbol.asyncDispose]()
  })
  const at = (args: readonly string[]): string[] => ['--builder', `unix://${socket}`, ...args]

  it('lets its own user in at a socket, and nobody else', () => assert.equal(statSync(socket).mode & 0o777, 0o600))

  it('is what its flags say', async () => {
    const { stdout } = await pelago.succeed(at(['inspect', '--format', 'json']))
    assert.match(stdout, /"Platforms":\["linux\/arm64","linux\/amd64"\].*"team":"blue"/)
  })

  it('builds from a folder of the same user, which it reads itself', async () => {
    const context = await pelago.context({ Dockerfile: 'FROM scratch\nCOPY a /\n', a: 'near' })
    await pelago.succeed(at(['build', '-o', join(context, 'out'), context]))
    assert.equal(readFileSync(join(context, 'out/a'), 'utf8'), 'near')
  })

  it('gives builds the rights that its operator allows, and no others', async () => {
    const context = await pelago.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
    await pelago.succeed(at(['build', '--allow', 'network.host', context]))
    const { exitCode, stderr } = await pelago.run(at(['build', '--allow', 'security.insecure', context]))
    assert.equal(exitCode, 1, stderr)
    assert.match(stderr, /security\.insecure is not allowed by this engine[^]*--allow-insecure-entitlement security\.insecure/)
  })

  const rights = [
    { flags: ['--network', 'host'], right: 'network.host' },
    { flags: ['--privileged'], right: 'security.insecure' },
  ]
  for (const { flags, right } of rights) {
    it(`runs no container ${flags.join(' ')} where its operator does not allow it`, async () => {
      await using strict = await openPelago()
      const address = `unix://${join(strict.folder, 'strict.sock')}`
      await using _engine = await serve(strict, ['--addr', address])
      const { exitCode, stderr } = await strict.run(['--builder', address, 'run', ...flags, 'nowhere.test/image', 'true'])
      assert.equal(exitCode, 125, stderr)
      assert.match(stderr, new RegExp(`${right} is not allowed by this engine`))
    })
  }

  describe('over TCP', () => {
    const connection = (options: ConnectionOptions): ReturnType<typeof connectTls> => connectTls({ host: '127.0.0.1', port: Number(new URL(engine.addresses[1] ?? '').port), ca: readFileSync(authority.certificate), ALPNProtocols: ['h2'], ...options })
    const certificate = (name: string, by: Authority): ConnectionOptions => {
      const pair = by.issue(name, 'clientAuth')
      return { cert: readFileSync(pair.certificate), key: readFileSync(pair.key) }
    }

    it('serves who has a certificate of its authority', async () => {
      await using client = createEngineClient(connection(certificate('client', authority)), { isSameMachine: false })
      const { record } = await client.control.listWorkers({}, { signal: never })
      assert.equal(record[0]?.Labels['team'], 'blue')
      assert.deepEqual(record[0].platforms.map(({ Architecture }) => Architecture), ['arm64', 'amd64'])
    })

    it('mounts none of its files for who comes from elsewhere, and is not stopped by them', async () => {
      await using client = createEngineClient(connection(certificate('guest', authority)), { isSameMachine: false })
      const run = client.local.run(specOf({ volumes: [{ source: '/etc', target: '/host' }] }), { signal: never })
      await assert.rejects(first(run), /cannot be mounted: the engine is on another machine/)
      await assert.rejects(first(client.local.run(specOf({ privileged: true }), { signal: never })), /security\.insecure is not allowed by this engine/)
      await assert.rejects(client.local.stop({}, { signal: never }), /not stopped from here/)
    })

    const refused = [
      { name: 'without a certificate', options: () => ({}), reason: /client-refused.*the client has no certificate/ },
      { name: 'with one of another authority', options: () => certificate('stranger', createAuthority(pelago.folder, 'other')), reason: /client-refused.*of none of the authorities/ },
      { name: 'that speaks no HTTP/2', options: () => ({ ...certificate('old', authority), ALPNProtocols: ['http/1.1'] }), reason: /client-refused.*does not speak HTTP\/2/ },
      { name: 'with TLS 1.1', options: () => ({ ...certificate('older', authority), minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }) as const, reason: /client-refused.*no TLS 1\.2/ },
    ] as const
    for (const { name, options, reason } of refused) {
      it(`refuses a client ${name}, and logs why`, async () => {
        const stream = connection(options())
        stream.on('error', () => undefined) // what the client is told differs between versions of TLS
        stream.resume()
        await new Promise((resolve) => stream.once('close', resolve))
        await engine.command.printed(reason)
      })
    }
  })

  it('does not take the place of another engine', async () => {
    const { exitCode, stderr } = await pelago.run(['serve', '--addr', `unix://${socket}`])
    assert.equal(exitCode, 125, stderr)
    assert.match(stderr, /engine\.sock is in use[^]*hint: another engine serves there/)
  })

  it('removes what was used longest ago, until the rest fits', async () => {
    const context = await pelago.context({ Dockerfile: 'FROM scratch\nCOPY a /\n', a: 'x'.repeat(100_000) })
    const build = async (content: string): Promise<void> => {
      writeFileSync(join(context, 'a'), content.repeat(100_000))
      await pelago.succeed(at(['build', '--no-cache', '-o', join(context, 'out'), context]))
    }
    await build('y')
    await build('z')
    const usage = async (): Promise<number> => (await pelago.succeed(at(['du']))).stdout.split('\n').filter((line) => / (true|false) /.test(line)).length
    const before = await usage()
    await pelago.succeed(at(['prune', '--force', '--all', '--reserved-space', '150k']))
    const after = await usage()
    assert.ok(after > 0 && after < before, `${before} records, then ${after}`)
    await pelago.succeed(at(['prune', '--force', '--all', '--min-free-space', '1k'])) // more is free: nothing goes
    assert.equal(await usage(), after)
  })

  it('gives its own place back when it is told to end', async () => {
    const path = join(pelago.folder, 'other/engine.sock')
    const other = await serve(pelago, ['--addr', `unix://${path}`, '--group', String(process.getgid?.())])
    assert.deepEqual([path, dirname(path)].map((place) => statSync(place).mode & 0o777), [0o660, 0o711])
    other.command.kill('SIGTERM')
    assert.equal((await other.command.ended).status, 0)
    assert.equal(statSync(path, { throwIfNoEntry: false }), undefined)
  })

  it('serves at the sockets that systemd has opened, and tells it how it stands', async (t) => {
    const folder = join(pelago.folder, 'unit')
    mkdirSync(folder)
    const script = join(folder, 'start')
    // systemd says so to the process that it starts, which becomes pelago's
    writeFileSync(script, `#!/bin/sh\nLISTEN_PID=$$ exec ${PROGRAM} "$@"\n`)
    chmodSync(script, 0o755)
    const [unix, tcp] = [createServer(), createServer()]
    t.after(() => [unix, tcp].forEach((server) => server.close()))
    unix.listen(join(folder, 'activated.sock'))
    tcp.listen(0, '127.0.0.1')
    await Promise.all([once(unix, 'listening'), once(tcp, 'listening')])
    const notify = join(folder, 'notify')
    using systemd = openNotifySocket(notify)
    await using command = startCommand(pelago, [script, 'serve'], { LISTEN_FDS: '2', LISTEN_FDNAMES: 'api:net', NOTIFY_SOCKET: notify }, [unix, tcp])
    await command.printed(/listens at fd:\/\/api, tcp:\/\/127\.0\.0\.1:\d+ and/)
    command.kill('SIGTERM')
    assert.equal((await command.ended).status, 0)
    assert.deepEqual([systemd.next(), systemd.next(), systemd.next()], ['READY=1', 'STOPPING=1', ''])
  })
})

async function first<T>(messages: AsyncIterable<T>): Promise<T | undefined> {
  for await (const message of messages) return message
  return undefined
}

interface Spec {
  readonly volumes?: { source: string; target: string }[]
  readonly privileged?: boolean
}

async function* specOf(spec: Spec): AsyncGenerator<{ input: { case: 'spec'; value: { reference: string } & Spec } }> {
  yield { input: { case: 'spec', value: { reference: 'app', ...spec } } }
}
