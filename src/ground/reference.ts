import { parseDigest, type Digest } from './digest.ts'
import { InvalidValueError } from './errors.ts'

/** An image by name, as distribution's `reference` package reads it: `[host[:port]/]path[:tag][@digest]`. */
export interface Reference {
  /** `docker.io` where the user named none. With port, such as `localhost:5000`. */
  readonly host: string
  /** Without host; `library/` is put before Docker Hub's own images. */
  readonly repository: string
  /** `latest` where the user gave neither tag nor digest; undefined where only a digest was given. */
  readonly tag: string | undefined
  readonly digest: Digest | undefined
}

const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const TAG = /^\w[\w.-]{0,127}$/
const HOST = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/

/** @throws InvalidValueError */
export function parseReference(text: string): Reference {
  const fail = (why: string): never => {
    throw new InvalidValueError(`invalid image reference ${JSON.stringify(text)}: ${why}`, { hint: 'write [host[:port]/]name[:tag], such as localhost:5000/app:1.0' })
  }
  const [named = '', digestText, ...extra] = text.split('@')
  if (extra.length > 0) fail('more than one "@"')
  const slash = named.indexOf('/')
  const first = slash < 0 ? '' : named.slice(0, slash)
  const hasHost = first === 'localhost' || /[.:[]/.test(first) || first !== first.toLowerCase()
  const host = hasHost ? first : DEFAULT_HOST
  if (!HOST.test(host)) fail(`${JSON.stringify(host)} is no host name`)
  const rest = hasHost ? named.slice(slash + 1) : named
  const colon = rest.lastIndexOf(':')
  const path = colon < 0 ? rest : rest.slice(0, colon)
  const tag = colon < 0 ? undefined : rest.slice(colon + 1)
  if (path === '') fail('it has no name')
  if (/[A-Z]/.test(path)) fail('the name must be in lower case')
  if (path.length > 255 || !path.split('/').every((component) => COMPONENT.test(component))) fail(`${JSON.stringify(path)} is no repository name`)
  if (tag !== undefined && !TAG.test(tag)) fail(`${JSON.stringify(tag)} is no tag`)
  return {
    host: host === 'index.docker.io' ? DEFAULT_HOST : host,
    repository: !path.includes('/') && (host === DEFAULT_HOST || host === 'index.docker.io') ? `library/${path}` : path,
    tag: tag ?? (digestText === undefined ? 'latest' : undefined),
    digest: digestText === undefined ? undefined : parseDigest(digestText),
  }
}

/** In full, with host, tag and digest: `docker.io/library/alpine:3.20@sha256:…`. */
export function formatReference({ host, repository, tag, digest }: Reference): string {
  return `${host}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}

/** As people write it: without Docker Hub's host and `library/`. */
export function formatFamiliar(reference: Reference): string {
  const full = formatReference(reference)
  if (reference.host !== DEFAULT_HOST) return full
  return full.slice(`${DEFAULT_HOST}/`.length).replace(/^library\/(?=[^/]+$)/, '')
}

/** Host and repository, without tag and digest. */
export function formatRepository({ host, repository }: Reference): string {
  return `${host}/${repository}`
}

const DEFAULT_HOST = 'docker.io'
