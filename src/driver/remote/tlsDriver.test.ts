import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { createAuthority, type Authority, type CertificatePair } from '../../../test/support/certificates.ts'
import { missing } from '../../../test/support/requires.ts'
import { openHttp2Server } from '../../api/grpc/http2Connection.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import { EngineUnavailableError } from '../driver.ts'
import { createSocketDriver } from '../socketDriver.ts'
import { createTlsDriver } from './tlsDriver.ts'
import type { TlsFiles } from './remoteOptions.ts'

const never = new AbortController().signal

describe('createTlsDriver', { skip: missing('openssl') }, () => {
  let folder = ''
  let ours: Authority
  let others: Authority
  let server: CertificatePair
  let client: CertificatePair
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pelago-tls-'))
    ours = createAuthority(folder, 'ours')
    others = createAuthority(folder, 'others')
    server = ours.issue('server', 'serverAuth')
    client = ours.issue('client', 'clientAuth')
  })
  after(() => rm(folder, { recursive: true, force: true }))

  const expired = (pair: CertificatePair, name: string): CertificatePair => {
    const certificate = join(folder, `${name}-expired.pem`)
    execFileSync('openssl', ['x509', '-req', '-in', join(folder, `${name}.csr`), '-CA', ours.certificate, '-CAkey', ours.key, '-CAcreateserial', '-out', certificate, '-days', '-1', '-extfile', join(folder, `${name}.ext`)], { stdio: 'ignore' })
    return { certificate, key: pair.key }
  }
  const files = (changes: Partial<TlsFiles> = {}): TlsFiles => ({ cacert: ours.certificate, identity: { cert: client.certificate, key: client.key }, servername: undefined, ...changes })

  it('speaks with an engine that knows it', async () => {
    await using engine = await listen({ server, authority: ours })
    const stream = await createTlsDriver(engine.address, { tls: files(), timeoutMs: 5000, silenceMs: 15_000 }).dial(never)
    assert.equal(stream.isSameMachine, false)
    stream.connection.destroy()
  })

  it('takes another name than the address for the engine’s', async () => {
    await using engine = await listen({ server, authority: ours })
    const stream = await createTlsDriver(engine.address, { tls: files({ servername: 'localhost' }), timeoutMs: 5000, silenceMs: 15_000 }).dial(never)
    stream.connection.destroy()
  })

  const failures: readonly { readonly name: string; readonly shown?: () => CertificatePair; readonly tls: () => TlsFiles; readonly message: RegExp; readonly hint: RegExp }[] = [
    { name: 'an authority that is not known', tls: () => files({ cacert: others.certificate }), message: /its certificate \(of server, by ours\) is by no authority in .*others\.pem/, hint: /cacert=FILE/ },
    { name: 'a name that the certificate is not for', tls: () => files({ servername: 'big.example' }), message: /is not for big\.example, but for localhost, 127\.0\.0\.1/, hint: /servername=localhost/ },
    { name: 'an expired certificate', shown: () => expired(server, 'server'), tls: () => files(), message: /its certificate, or its authority’s, has expired: it was valid until /, hint: /renew/ },
    { name: 'an own certificate that the engine refuses', tls: () => files({ identity: { cert: others.issue('foreign', 'clientAuth').certificate, key: join(folder, 'foreign-key.pem') } }), message: /it refuses the certificate .*foreign\.pem/, hint: /--tlscacert/ },
    { name: 'an own certificate that has expired', tls: () => files({ identity: { cert: expired(client, 'client').certificate, key: client.key } }), message: /refuses the certificate .*client-expired\.pem: it has expired: it was valid until/, hint: /--tlscacert/ },
    { name: 'no own certificate where one is wanted', tls: () => files({ identity: undefined }), message: /clients with a certificate only/, hint: /cert=FILE,key=FILE/ },
    { name: 'a file that is not there', tls: () => files({ cacert: '/no/such.pem' }), message: /cacert=\/no\/such\.pem cannot be read: there is no such file/, hint: /pelago inspect/ },
    { name: 'a file that is no certificate', tls: () => files({ cacert: client.key }), message: /cacert=.*client-key\.pem is no certificate/, hint: /BEGIN CERTIFICATE/ },
    { name: 'a key of another certificate', tls: () => files({ identity: { cert: client.certificate, key: server.key } }), message: /key=.*server-key\.pem cannot be used: it is not the key of .*client\.pem/, hint: /without a passphrase/ },
    { name: 'a key with a passphrase', tls: () => files({ identity: { cert: client.certificate, key: locked() } }), message: /cannot be used: it has a passphrase/, hint: /without a passphrase/ },
    { name: 'a key that is none', tls: () => files({ identity: { cert: client.certificate, key: client.certificate } }), message: /cannot be used: it is no private key/, hint: /without a passphrase/ },
  ]
  const locked = (): string => {
    const path = join(folder, 'locked.pem')
    execFileSync('openssl', ['pkey', '-in', client.key, '-aes256', '-passout', 'pass:secret', '-out', path])
    return path
  }
  for (const { name, shown, tls, message, hint } of failures) {
    it(`tells ${name}, and what to do`, async () => {
      await using engine = await listen({ server: shown?.() ?? server, authority: ours })
      await assert.rejects(createTlsDriver(engine.address, { tls: tls(), timeoutMs: 5000, silenceMs: 15_000 }).connect(never), (error) => {
        assert.ok(error instanceof EngineUnavailableError, String(error))
        assert.match(error.message, message)
        assert.match(error.hint ?? '', hint)
        return true
      })
    })
  }

  it('tells an engine that speaks no TLS', async () => {
    const plain = createServer((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await once(plain.listen(0, '127.0.0.1'), 'listening')
    using _ = { [Symbol.dispose]: () => void plain.close() }
    const address = `tcp://127.0.0.1:${(plain.address() as AddressInfo).port}`
    await assert.rejects(createTlsDriver(address, { tls: files(), timeoutMs: 5000, silenceMs: 15_000 }).connect(never), /speaks no TLS/)
  })

  it('is asked for where a plain connection is closed at once', async () => {
    await using engine = await listen({ server, authority: ours })
    await using client = await createSocketDriver(engine.address).connect(never)
    await assert.rejects(client.control.info({}, { timeoutMs: 5000 }), /: it closed the connection before it said anything, as a server does that expects TLS: give its certificates/)
  })

  it('waits no longer than it may', async () => {
    const silent = createServer(() => undefined)
    await once(silent.listen(0, '127.0.0.1'), 'listening')
    using _ = { [Symbol.dispose]: () => void silent.close() }
    const address = `tcp://127.0.0.1:${(silent.address() as AddressInfo).port}`
    await assert.rejects(createTlsDriver(address, { tls: files(), timeoutMs: 50, silenceMs: 15_000 }).connect(never), /nothing came within 0\.05 s/)
  })

  it('is for tcp:// only', () => assert.throws(() => createTlsDriver('ssh://big', { tls: files(), timeoutMs: 1, silenceMs: 15_000 }), InvalidValueError))
})

/** An engine that says hello to those it lets in. */
async function listen({ server, authority }: { readonly server: CertificatePair; readonly authority: Authority }): Promise<{ readonly address: string } & AsyncDisposable> {
  const options: TlsOptions = { cert: readFileSync(server.certificate), key: readFileSync(server.key), ca: readFileSync(authority.certificate), requestCert: true, rejectUnauthorized: true, ALPNProtocols: ['h2'] }
  const listener = createTlsServer(options, (socket) => {
    openHttp2Server(socket)
  })
  listener.on('tlsClientError', () => undefined)
  await once(listener.listen(0, '127.0.0.1'), 'listening')
  return {
    address: `tcp://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      listener.close()
      await Promise.resolve()
    },
  }
}
