import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer as createHttpsServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { digestOf } from '../../src/ground/digest.ts'
import { MEDIA_TYPE } from '../../src/ground/oci/mediaType.ts'
import { parseReference } from '../../src/ground/reference.ts'
import { DEFAULT_HOST_CONFIG, type HostConfig } from '../../src/registry/hostConfig.ts'
import type { Registry } from '../../src/registry/registry.ts'
import { createRegistry, type RegistryOptions } from '../../src/registry/registryClient.ts'
import { probeRegistry } from '../../src/registry/probe/probeRegistry.ts'
import { missing } from '../support/requires.ts'

const signal = new AbortController().signal
const needs = { skip: missing('openssl') }
const folder = mkdtempSync(join(tmpdir(), 'pelago-tls-'))
after(() => rmSync(folder, { recursive: true }))

/** An address that leads to loopback and is not known as such: so HTTPS is what is tried. */
const NAME = '0.0.0.0'
const DIGEST = digestOf('manifest')

const answer: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-type': MEDIA_TYPE.ociManifest, 'docker-content-digest': DIGEST, 'content-length': '8' }).end('manifest')
}

describe('a registry with a certificate of its own authority', needs, () => {
  const cases: { name: string; trusts: boolean; insecure: boolean; outcome: string }[] = [
    { name: 'is refused where nobody knows it', trusts: false, insecure: false, outcome: 'RegistryUnavailableError' },
    { name: 'is used where its authority is in certs.d', trusts: true, insecure: false, outcome: 'resolved' },
    { name: 'is used where the user allows it', trusts: false, insecure: true, outcome: 'resolved' },
  ]
  for (const { name, trusts, insecure, outcome } of cases) {
    it(name, async () => {
      const pair = makeCertificate()
      await using server = await serve({ cert: readFileSync(pair.certificate), key: readFileSync(pair.key) })
      const certs = join(folder, `certs-${name}`, server.host)
      mkdirSync(certs, { recursive: true })
      if (trusts) copyFileSync(pair.certificate, join(certs, 'ca.crt'))
      const hosts = { ...DEFAULT_HOST_CONFIG, insecure: new Set(insecure ? [server.host] : []), certFolders: [join(folder, `certs-${name}`)] }
      assert.equal(await outcomeOf(hosts, server.host), outcome)
    })
  }

  it('tells how to trust it', async () => {
    const pair = makeCertificate()
    await using server = await serve({ cert: readFileSync(pair.certificate), key: readFileSync(pair.key) })
    await using registry = open({ ...DEFAULT_HOST_CONFIG, mirrors: new Map() })
    await assert.rejects(registry.resolve(parseReference(`${server.host}/app`), signal), { message: /certificate is not trusted/, hint: /certs\.d.*--insecure-registry/ })
  })
})

describe('the certificate of a registry', needs, () => {
  const cases: { name: string; trusts: boolean; insecure: boolean; outcome: string; detail: RegExp }[] = [
    { name: 'that is not trusted is shown all the same', trusts: false, insecure: false, outcome: 'no', detail: /a certificate for 0\.0\.0\.0 by 0\.0\.0\.0, valid until .*not trusted here: .*SELF_SIGNED/ },
    { name: 'that is in certs.d is trusted by it', trusts: true, insecure: false, outcome: 'poor', detail: /TLSv1\.3.*trusted by an authority in certs\.d/ }, // it ends in two days
    { name: 'of an insecure registry is not verified', trusts: false, insecure: true, outcome: 'poor', detail: /not verified/ },
  ]
  for (const { name, trusts, insecure, outcome, detail } of cases) {
    it(name, async () => {
      const pair = makeCertificate()
      await using server = await serve({ cert: readFileSync(pair.certificate), key: readFileSync(pair.key) })
      const certs = join(folder, `probe-${name}`, server.host)
      mkdirSync(certs, { recursive: true })
      if (trusts) copyFileSync(pair.certificate, join(certs, 'ca.crt'))
      const hosts = { ...DEFAULT_HOST_CONFIG, insecure: new Set(insecure ? [server.host] : []), certFolders: [join(folder, `probe-${name}`)] }
      const { observations } = await probeRegistry({ host: server.host, repository: undefined, tag: undefined, mayWrite: false, login: undefined }, optionsOf(hosts), signal)
      const tls = observations.find(({ ability }) => ability === 'TLS')
      assert.equal(tls?.outcome, outcome)
      assert.match(tls.detail, detail)
    })
  }
})

describe('a registry without TLS', () => {
  it('is refused with a word on how to allow it, and used where that is done', async () => {
    await using server = await serve(undefined)
    await using registry = open(DEFAULT_HOST_CONFIG)
    await assert.rejects(registry.resolve(parseReference(`${server.host}/app`), signal), { message: /speaks plain HTTP/, hint: `if that is meant, allow it: --insecure-registry ${server.host}` })
    assert.equal(await outcomeOf({ ...DEFAULT_HOST_CONFIG, insecure: new Set([server.host]) }, server.host), 'resolved')
  })
})

async function outcomeOf(hosts: HostConfig, host: string): Promise<string> {
  await using registry = open(hosts)
  const resolved = registry.resolve(parseReference(`${host}/app`), signal)
  return await resolved.then(
    ({ digest }) => (digest === DIGEST ? 'resolved' : digest),
    (error: unknown) => (error as Error).name,
  )
}

function open(hosts: HostConfig): Registry & AsyncDisposable {
  return createRegistry(optionsOf(hosts))
}

function optionsOf(hosts: HostConfig): RegistryOptions {
  return {
    credentials: { credentials: async () => undefined },
    hosts,
    userAgent: 'test',
    connectionsPerHost: 2,
    proxy: { http: '', https: '', except: '' },
    retries: { attempts: 2, firstDelayMs: 1, maxDelayMs: 1, random: () => 0 },
    now: Date.now,
  }
}

async function serve(tls: ServerOptions | undefined): Promise<AsyncDisposable & { readonly host: string }> {
  const server = tls === undefined ? createHttpServer(answer) : createHttpsServer(tls, answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    host: `${NAME}:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function makeCertificate(): { readonly certificate: string; readonly key: string } {
  const [certificate, key] = [join(folder, 'server.crt'), join(folder, 'server.key')]
  const subject = ['-subj', `/CN=${NAME}`, '-addext', `subjectAltName=IP:${NAME}`]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', ...subject, '-keyout', key, '-out', certificate], { stdio: 'ignore' })
  return { certificate, key }
}
