import { createHash, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fulcioHandler, initializeCA, initializeCTLog, initializeTLog, rekorHandler, type HandlerFn } from '@sigstore/mock'

/** Sigstore's services by sigstore's own test doubles, over HTTP: Fulcio with its certificate log, Rekor, and the token service of a CI job. */
export interface SigstoreServer extends AsyncDisposable {
  /** Of all services: they differ in their paths. */
  readonly url: string
  /** As sigstore's clients keep it. */
  readonly trustedRoot: string
  /** PEM, for a policy. */
  readonly authority: string
  readonly logKey: string
  /** What GitHub's runner gives to a job. */
  readonly jobEnv: Readonly<Record<string, string>>
}

const REQUEST_TOKEN = 'the-job'

/** An OIDC token for `subject`; nobody here looks at its signature. */
export function identityToken(subject: string, issuer: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return [part({ alg: 'none' }), part({ sub: subject, iss: issuer, aud: 'sigstore' }), 'c2lnbmF0dXJl'].join('.')
}

export async function startSigstoreServer(): Promise<SigstoreServer> {
  const [logKeys, authorityKeys] = [generateKeyPairSync('ec', { namedCurve: 'P-256' }), generateKeyPairSync('ec', { namedCurve: 'P-256' })]
  const certificateLog = await initializeCTLog(logKeys)
  const authority = await initializeCA(authorityKeys, certificateLog)
  const log = await initializeTLog('http://rekor', logKeys)
  const handlers = new Map<string, HandlerFn>([fulcioHandler(authority), rekorHandler(log)].map(({ path, fn }) => [path, fn]))
  const server = createServer((request, response) => void answer(handlers, request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const root = Buffer.from(authority.rootCertificate.buffer)
  const keyEntry = { baseUrl: url, hashAlgorithm: 'SHA2_256', publicKey: { rawBytes: log.publicKey.toString('base64'), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor: { start: '2020-01-01T00:00:00Z' } }, logId: { keyId: createHash('sha256').update(log.publicKey).digest('base64') } }
  return {
    url,
    trustedRoot: JSON.stringify({
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      tlogs: [keyEntry],
      ctlogs: [{ ...keyEntry, logId: { keyId: Buffer.from(certificateLog.logID.buffer).toString('base64') } }],
      certificateAuthorities: [{ subject: { commonName: 'test', organization: 'test' }, uri: url, certChain: { certificates: [{ rawBytes: root.toString('base64') }] }, validFor: { start: '2020-01-01T00:00:00Z' } }],
      timestampAuthorities: [],
    }),
    authority: pem('CERTIFICATE', root),
    logKey: pem('PUBLIC KEY', log.publicKey),
    jobEnv: { ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/token?api-version=2`, ACTIONS_ID_TOKEN_REQUEST_TOKEN: REQUEST_TOKEN },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function answer(handlers: ReadonlyMap<string, HandlerFn>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  if (url.pathname === '/token') {
    const isAllowed = request.headers.authorization === `bearer ${REQUEST_TOKEN}` && url.searchParams.get('audience') === 'sigstore'
    response.writeHead(isAllowed ? 200 : 403).end(isAllowed ? JSON.stringify({ value: identityToken('https://github.com/team/app/.github/workflows/image.yml@refs/heads/main', 'https://token.actions.githubusercontent.com') }) : '')
    return
  }
  const handler = handlers.get(url.pathname)
  const body = Buffer.concat(await request.toArray()).toString()
  const result = handler === undefined ? { statusCode: 404, response: '', contentType: 'text/plain' } : await handler(asLogged(body))
  response.writeHead(result.statusCode, { 'content-type': result.contentType ?? 'text/plain' }).end(result.response)
}

/** The double gives back what is proposed; a log writes of an envelope its digests and signatures, and not all of it. */
function asLogged(body: string): string {
  const entry = JSON.parse(body) as { readonly kind?: string; readonly spec?: { readonly proposedContent?: { readonly envelope: string; readonly verifiers: readonly string[] } } }
  const proposed = entry.spec?.proposedContent
  if (entry.kind !== 'dsse' || proposed === undefined) return body
  const { payload, signatures } = JSON.parse(proposed.envelope) as { readonly payload: string; readonly signatures: readonly { readonly sig: string }[] }
  const sha256 = (bytes: Uint8Array | string): object => ({ algorithm: 'sha256', value: createHash('sha256').update(bytes).digest('hex') })
  const spec = { envelopeHash: sha256(proposed.envelope), payloadHash: sha256(Buffer.from(payload, 'base64')), signatures: signatures.map(({ sig }, index) => ({ signature: sig, verifier: proposed.verifiers[index] ?? '' })) }
  return JSON.stringify({ ...entry, spec })
}

function pem(type: string, der: Uint8Array): string {
  return `-----BEGIN ${type}-----\n${(Buffer.from(der).toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END ${type}-----\n`
}
