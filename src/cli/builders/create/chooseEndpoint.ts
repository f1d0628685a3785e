import { DRIVER_NAMES, EMBEDDED_ENDPOINT, driversOf, isAddress, startsEngines, type Builder, type DriverName } from '../../../driver/builders/builder.ts'
import { nearest } from '../../../ground/nearest.ts'
import { UsageError } from '../../flags/usageError.ts'

/** What `create` sees of the world. */
export interface EndpointPlaces {
  /** BUILDKIT_HOST, where it says something. */
  readonly buildkitHost: string | undefined
  /** Docker's contexts, `default` among them. */
  readonly dockerContexts: readonly string[]
  /** Where Docker's client would go: a context or an address. */
  readonly dockerEndpoint: string
  /** KUBECONFIG */
  readonly kubeconfig: string
}

export interface EndpointWish {
  /** `--driver` */
  readonly driver: string | undefined
  /** As given behind the flags. */
  readonly endpoint: string | undefined
}

const ADDRESSES = 'unix:///path/to/socket, tcp://host:port, ssh://user@host'

/** The driver of a node, by what is asked for, else by its endpoint; a node without either is as its builder's, `before`, or embedded. @throws UsageError */
export function chooseDriver({ driver: asked, endpoint }: EndpointWish, before: Builder | undefined, places: EndpointPlaces): DriverName {
  return parseDriver(asked ?? impliedDriver(endpoint, before, places))
}

function impliedDriver(endpoint: string | undefined, before: Builder | undefined, places: EndpointPlaces): DriverName {
  if (endpoint === undefined) return containersOf(before) ?? (places.buildkitHost === undefined ? 'embedded' : 'remote')
  if (endpoint === 'default') return containersOf(before) ?? 'embedded'
  if (endpoint === EMBEDDED_ENDPOINT) return 'embedded'
  if (isAddress(endpoint)) return isDockerSocket(endpoint) ? 'docker-container' : 'remote'
  if (places.dockerContexts.includes(endpoint)) return 'docker-container'
  throw unknownEndpoint(endpoint, places)
}

/** The driver of a builder all of whose engines are started by one driver: another node will be like them. */
function containersOf(before: Builder | undefined): DriverName | undefined {
  const [driver, other] = before === undefined ? [] : driversOf(before)
  return driver !== undefined && other === undefined && startsEngines(driver) ? driver : undefined
}

function parseDriver(asked: string): DriverName {
  const driver = DRIVER_NAMES.find((name) => name === asked)
  if (driver !== undefined) return driver
  throw new UsageError(`unknown driver: ${JSON.stringify(asked)}`, { hint: driverHint(asked) })
}

/** Those of buildx's, and what does their work here. */
function driverHint(asked: string): string {
  switch (asked) {
    case 'docker':
      return 'leave it out: the engine builds for several platforms without Docker\'s daemon'
    case 'ssh':
      return 'an address is enough: pelago create ssh://user@host'
    default: {
      const close = nearest(asked, DRIVER_NAMES)
      return close === undefined ? `choose one of ${DRIVER_NAMES.join(', ')}` : `did you mean ${close}?`
    }
  }
}

/** The sockets of Docker's daemon, and of Podman's that speaks like it, speak no BuildKit; buildx makes a container there. */
function isDockerSocket(address: string): boolean {
  return /^unix:.*\/(?:docker|podman)\.sock$/.test(address)
}

/** The endpoint of a node of `driver`. @throws UsageError where that takes no such one */
export function chooseEndpoint(driver: DriverName, endpoint: string | undefined, node: { readonly name: string; readonly builder: string }, places: EndpointPlaces): string {
  switch (driver) {
    case 'embedded':
      return embeddedEndpoint(endpoint)
    case 'remote':
      return remoteEndpoint(endpoint ?? places.buildkitHost)
    case 'docker-container':
      return dockerEndpoint(endpoint ?? places.dockerEndpoint, places)
    case 'kubernetes':
      if (endpoint !== undefined) throw new UsageError(`--driver kubernetes takes no endpoint: ${JSON.stringify(endpoint)}`, { hint: 'the cluster is that of kubectl: choose it with kubectl config use-context, or with KUBECONFIG' })
      return `kubernetes:///${node.builder}?${new URLSearchParams({ deployment: node.name, kubeconfig: places.kubeconfig }).toString()}`
  }
}

function embeddedEndpoint(endpoint: string | undefined): string {
  if (endpoint === undefined || endpoint === 'default' || endpoint === EMBEDDED_ENDPOINT) return EMBEDDED_ENDPOINT
  throw new UsageError(`the embedded driver takes no endpoint: ${JSON.stringify(endpoint)}`, { hint: isAddress(endpoint) ? 'use --driver remote' : 'leave it out; a name is given with --name' })
}

function remoteEndpoint(endpoint: string | undefined): string {
  if (endpoint !== undefined && isAddress(endpoint)) return endpoint
  if (endpoint === undefined) throw new UsageError('--driver remote needs an endpoint', { hint: `add one: ${ADDRESSES}` })
  throw new UsageError(`--driver remote takes no name: ${JSON.stringify(endpoint)}`, { hint: `write an address: ${ADDRESSES}` })
}

function dockerEndpoint(endpoint: string, places: EndpointPlaces): string {
  if (isAddress(endpoint) || places.dockerContexts.includes(endpoint)) return endpoint
  throw unknownEndpoint(endpoint, places)
}

function unknownEndpoint(endpoint: string, { dockerContexts }: EndpointPlaces): UsageError {
  const close = nearest(endpoint, [...dockerContexts, EMBEDDED_ENDPOINT])
  const guess = close === undefined ? '' : `did you mean ${close}? `
  return new UsageError(`there is no endpoint ${JSON.stringify(endpoint)}, and no Docker context of that name`, { hint: `${guess}a name is given with --name; endpoints are ${EMBEDDED_ENDPOINT}, ${ADDRESSES}, and Docker contexts (${dockerContexts.join(', ')})` })
}
