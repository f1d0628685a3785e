import { readdir, readFile } from 'node:fs/promises'
import { BlockList, isIP } from 'node:net'
import { join } from 'node:path'
import { InvalidValueError } from '../../ground/errors.ts'
import { DEFAULT_TLS, HttpConnectionError, type HttpClient, type TlsOptions } from '../../kit/http.ts'
import { createSingleFlight } from '../../kit/singleFlight.ts'
import type { CertFiles, HostConfig } from '../hostConfig.ts'

/** Where the API of a registry is reached. */
export interface Endpoint {
  /** As in a reference: what credentials are looked up by, and what errors name. */
  readonly host: string
  /** Ends in `/v2/`; of a mirror perhaps in a path behind that. */
  readonly base: URL
  readonly tls: TlsOptions
}

export interface Endpoints {
  /** The registry itself. Where it may be HTTP or HTTPS, it is asked once which. @throws HttpConnectionError */
  origin(host: string, signal: AbortSignal): Promise<Endpoint>
  /** In the order to try them; the registry itself is not among them. */
  mirrors(host: string, signal: AbortSignal): Promise<readonly Endpoint[]>
}

export function createEndpoints(http: HttpClient, config: HostConfig): Endpoints {
  const known = new Map<string, Endpoint>()
  const flights = createSingleFlight<string, Endpoint>()
  const find = async (written: string, signal: AbortSignal): Promise<Endpoint> => {
    const found = known.get(written) ?? (await flights.run(written, (inner) => findEndpoint(http, config, { written, signal: inner }), signal))
    known.set(written, found)
    return found
  }
  return {
    origin: find,
    async mirrors(host, signal) {
      const found: Endpoint[] = []
      for (const mirror of config.mirrors.get(host) ?? []) {
        const endpoint = await find(mirror, signal).catch((error: unknown) => {
          if (error instanceof HttpConnectionError) return undefined // a mirror that is down is passed by
          throw error
        })
        if (endpoint !== undefined) found.push(endpoint)
      }
      return found
    },
  }
}

async function findEndpoint(http: HttpClient, config: HostConfig, { written, signal }: { written: string; signal: AbortSignal }): Promise<Endpoint> {
  const candidates = await endpointCandidates(written, config)
  let failure: unknown
  for (const candidate of candidates) {
    if (candidates.length === 1) return candidate
    try {
      if (await isAnswering(http, candidate, signal)) return candidate
    } catch (error) {
      signal.throwIfAborted()
      failure ??= error
    }
  }
  throw failure
}

/** A server of HTTPS answers a request in plain HTTP with 400 or not at all. */
async function isAnswering(http: HttpClient, { base, tls }: Endpoint, signal: AbortSignal): Promise<boolean> {
  const response = await http.send({ method: 'GET', url: base, headers: new Map(), body: undefined, tls, maxRedirects: 0 }, signal)
  await response.discard()
  if (response.status === 400) throw new HttpConnectionError(base, 'tls', new Error('the server does not speak plain HTTP'))
  return true
}

/** What `written`, a host or the URL of a mirror, may mean, the best first. */
export async function endpointCandidates(written: string, config: HostConfig): Promise<readonly Endpoint[]> {
  const url = /^https?:\/\//.test(written) ? new URL(written) : undefined
  const [name = '', ...path] = written.split('/')
  const host = url?.host ?? name
  const tls = await readTls(host, config)
  const isInsecure = matchesInsecure(host, config.insecure)
  const at = (scheme: 'http' | 'https', options: TlsOptions): Endpoint => ({
    host,
    base: new URL(url === undefined ? ['/v2', ...path, ''].join('/') : `${url.pathname.replace(/\/+$/, '')}/v2/`, `${scheme}://${apiHost(host)}`),
    tls: options,
  })
  if (url?.protocol === 'http:') return [at('http', tls)]
  if (isInsecure) return [at('https', { ...tls, isVerified: false }), at('http', tls)]
  if (url === undefined && isLoopback(host)) return tls === DEFAULT_TLS ? [at('http', tls), at('https', tls)] : [at('https', tls)]
  return [at('https', tls)]
}

/** Docker Hub's API is not where its name points to. */
function apiHost(host: string): string {
  return host === 'docker.io' ? 'registry-1.docker.io' : host
}

/** Whether `host`, as in a reference, is this machine. */
export function isLoopback(host: string): boolean {
  const name = new URL(`http://${host}`).hostname
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || name.startsWith("127.")
}

function matchesInsecure(host: string, insecure: ReadonlySet<string>): boolean {
  const name = new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '')
  if (insecure.has(host) || insecure.has(name)) return true
  const family = isIP(name) === 6 ? 'ipv6' : 'ipv4'
  if (isIP(name) === 0) return false
  return [...insecure].some((entry) => {
    const [network = '', bits] = entry.split('/')
    if (bits === undefined || isIP(network) !== isIP(name)) return false
    const list = new BlockList()
    list.addSubnet(network, Number(bits), family)
    return list.check(name, family)
  })
}

/** All folders and files count together; DEFAULT_TLS itself where there is nothing for `host`. */
async function readTls(host: string, { certFolders, certFiles }: HostConfig): Promise<TlsOptions> {
  const named = certFiles.get(host) ?? NO_FILES
  const folders = [...certFolders.map((parent) => join(parent, host)), ...named.folders]
  const authorities = await Promise.all(named.authorities.map(readPem)) // a few, as an operator writes them
  let clientCertificate = named.clientPair && (await readPair(named.clientPair))
  for (const folder of folders) {
    const names = (await readdir(folder).catch(() => [])).toSorted() // no folder for this host, or none that may be read
    for (const name of names.filter((file) => file.endsWith('.crt'))) authorities.push(await readPem(join(folder, name)))
    const certificate = names.find((file) => file.endsWith('.cert'))
    if (certificate === undefined || clientCertificate !== undefined) continue
    const path = join(folder, certificate)
    clientCertificate = await readPair({ certificate: path, key: path.replace(/cert$/, 'key') })
  }
  if (authorities.length === 0 && clientCertificate === undefined) return DEFAULT_TLS
  return { authorities, clientCertificate, isVerified: true }
}

const NO_FILES: CertFiles = { authorities: [], clientPair: undefined, folders: [] }

async function readPair({ certificate, key }: { readonly certificate: string; readonly key: string }): Promise<NonNullable<TlsOptions['clientCertificate']>> {
  return { certificate: await readPem(certificate), key: await readPem(key) }
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new InvalidValueError(`cannot read ${path}`, { hint: 'a client needs both NAME.cert and NAME.key, readable to you', cause: error })
  }
}
