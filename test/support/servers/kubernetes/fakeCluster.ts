import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { createClusterObjects, keyOf, type ClusterObjects, type KubeObject, type ObjectPlace } from './clusterObjects.ts'
import { discovery } from './discovery.ts'
import { serveExec, type PodPrograms } from './podExec.ts'

/**
 * The API of a cluster, on loopback, as far as builders use it: deployments, stateful sets, config
 * maps, pods with their logs and exec, claims; by the documented paths, statuses and reasons. What controllers and
 * nodes would do is done at once, and what becomes of a pod is said by its image (`podStatus`).
 */
export interface FakeCluster extends AsyncDisposable {
  /** A configuration for kubectl. */
  readonly kubeconfig: string
  /** `METHOD path` of each call but discovery, in order. */
  readonly calls: readonly string[]
  readonly objects: ClusterObjects
}

export interface FakeClusterOptions {
  readonly programs: PodPrograms
  /** Status of a pod of `image`. */
  readonly podStatus: (image: string) => object
  /** Who is let in; others are refused. */
  readonly token: string
}

/** `/api/v1` or `/apis/apps/v1`, then these. */
const PATH = /^\/(?:api\/v1|apis\/apps\/v1)\/namespaces\/([^/]+)\/(deployments|statefulsets|configmaps|pods|persistentvolumeclaims)(?:\/([^/]+))?(?:\/([^/]+))?$/

export async function startFakeCluster({ programs, podStatus, token }: FakeClusterOptions): Promise<FakeCluster> {
  const objects = createClusterObjects(podStatus)
  const calls: string[] = []
  const pem = makeCertificate()
  const server = createServer({ key: pem, cert: pem }, (request, response) => void answer(request, response, { objects, calls, token }))
  server.on('upgrade', (request, socket) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://cluster')
    calls.push(`${request.method ?? ''} ${pathname}`)
    void serveExec(request, socket, searchParams.getAll('command'), programs)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return {
    kubeconfig: formatKubeconfig(port, pem, token),
    calls,
    objects,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Key and certificate: kubectl gives its token to nobody without TLS. */
function makeCertificate(): string {
  const subject = ['-subj', '/CN=cluster', '-addext', 'subjectAltName=IP:127.0.0.1']
  return execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', ...subject, '-keyout', '-', '-out', '-'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}

function formatKubeconfig(port: number, pem: string, token: string): string {
  const authority = Buffer.from(pem.slice(pem.indexOf('-----BEGIN CERTIFICATE'))).toString('base64')
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'fake',
    clusters: [{ name: 'fake', cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority-data': authority } }],
    users: [{ name: 'me', user: { token } }],
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'me', namespace: 'builds' } }],
  })
}

interface State {
  readonly objects: ClusterObjects
  readonly calls: string[]
  readonly token: string
}

type Reply = readonly [code: number, body: unknown]

async function answer(request: IncomingMessage, response: ServerResponse, { objects, calls, token }: State): Promise<void> {
  const { method = '', url = '/' } = request
  const { pathname, searchParams } = new URL(url, 'http://cluster')
  const found = discovery(pathname)
  if (found === undefined) calls.push(`${method} ${pathname}`)
  const isKnown = request.headers.authorization === `Bearer ${token}`
  const [code, body] = found !== undefined ? ([200, found] as const) : isKnown ? await perform(objects, pathname, { method, selector: searchParams.get('labelSelector') ?? '', request }) : failure(401, 'Unauthorized', 'Unauthorized')
  response.writeHead(code, { 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json' })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

interface Call {
  readonly method: string
  readonly selector: string
  readonly request: IncomingMessage
}

async function perform(objects: ClusterObjects, pathname: string, { method, selector, request }: Call): Promise<Reply> {
  const [, namespace, resource, name = '', subresource = ''] = PATH.exec(pathname) ?? []
  const [, whole] = /^\/api\/v1\/namespaces\/([^/]+)$/.exec(pathname) ?? []
  if (whole !== undefined) return [200, { kind: 'Namespace', apiVersion: 'v1', metadata: { name: whole } }] // there is every one
  if (namespace === undefined || resource === undefined) return failure(404, 'NotFound', 'the server could not find the requested resource')
  const place: ObjectPlace = { namespace, resource }
  switch (method) {
    case 'POST':
      return create(objects, place, (await json(request)) as KubeObject)
    case 'PUT':
      return replace(objects, place, { name, subresource, given: (await json(request)) as KubeObject })
    case 'DELETE':
      return remove(objects, place, { name, selector })
    default:
      return name === '' ? [200, { kind: 'List', apiVersion: 'v1', metadata: {}, items: objects.select(place, selector) }] : read(objects, place, { name, subresource })
  }
}

function create(objects: ClusterObjects, place: ObjectPlace, given: KubeObject): Reply {
  const { name } = given.metadata
  return objects.create(place, given) ? [201, given] : failure(409, 'AlreadyExists', `${place.resource} ${JSON.stringify(name)} already exists`)
}

function replace(objects: ClusterObjects, place: ObjectPlace, { name, subresource, given }: { readonly name: string; readonly subresource: string; readonly given: KubeObject }): Reply {
  if (objects.find(keyOf(place, name)) === undefined) return missing(place, name)
  if (subresource === 'scale') objects.scale(place, name, given.spec?.replicas ?? 0)
  else objects.replace(place, given)
  return [200, given]
}

function remove(objects: ClusterObjects, place: ObjectPlace, { name, selector }: { readonly name: string; readonly selector: string }): Reply {
  const names = name === '' ? objects.select(place, selector).map(({ metadata }) => metadata.name) : [name]
  const removed = names.filter((one) => objects.remove(place, one))
  return removed.length === 0 && name !== '' ? missing(place, name) : [200, { kind: 'Status', apiVersion: 'v1', status: 'Success' }]
}

function read(objects: ClusterObjects, place: ObjectPlace, { name, subresource }: { readonly name: string; readonly subresource: string }): Reply {
  const known = objects.find(keyOf(place, name))
  if (known === undefined) return missing(place, name)
  return [200, subresource === 'log' ? 'level=info msg="starting"\nError: no such option\n' : known]
}

function missing({ resource }: ObjectPlace, name: string): Reply {
  return failure(404, 'NotFound', `${resource} ${JSON.stringify(name)} not found`, { name, kind: resource })
}

function failure(code: number, reason: string, message: string, details: object = {}): Reply {
  return [code, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, details, code }]
}
