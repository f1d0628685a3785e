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
  const parts = splitReference(text)
  const why = whyInvalid(parts)
  if (why !== undefined) throw new InvalidValueError(`invalid image reference ${JSON.stringify(text)}: ${why}`, { hint: 'write [host[:port]/]name[:tag], such as localhost:5000/app:1.0' })
  const { path, tag, digest } = parts
  const host = parts.host === undefined || parts.host === 'index.docker.io' ? DEFAULT_HOST : parts.host
  return {
    host,
    repository: host === DEFAULT_HOST && !path.includes('/') ? `library/${path}` : path,
    tag: tag ?? (digest === undefined ? 'latest' : undefined),
    digest: digest === undefined ? undefined : parseDigest(digest),
  }
}

/** As written, nothing checked. */
interface WrittenReference {
  readonly host: string | undefined
  readonly path: string
  readonly tag: string | undefined
  readonly digest: string | undefined
}

function splitReference(text: string): WrittenReference {
  const [named, digest] = splitOnce(text, text.indexOf('@'))
  const [first, afterHost] = splitOnce(named, named.indexOf('/'))
  const isHost = afterHost !== undefined && looksLikeHost(first)
  const rest = isHost ? afterHost : named
  const [path, tag] = splitOnce(rest, rest.lastIndexOf(':'))
  return { host: isHost ? first : undefined, path, tag, digest }
}

/** Distribution's rule for what stands before the first "/": where it looks like a host it is one, else the name begins with it. */
function looksLikeHost(text: string): boolean {
  return text === 'localhost' || /[.:[]/.test(text) || text !== text.toLowerCase()
}

function splitOnce(text: string, at: number): readonly [before: string, after: string | undefined] {
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

function whyInvalid({ host, path, tag, digest }: WrittenReference): string | undefined {
  if (host !== undefined && !HOST.test(host)) return `${JSON.stringify(host)} is no host name`
  if (tag !== undefined && !TAG.test(tag)) return `${JSON.stringify(tag)} is no tag`
  if (digest?.includes('@') === true) return 'more than one "@"'
  return whyInvalidPath(path, host)
}

function whyInvalidPath(path: string, host: string | undefined): string | undefined {
  if (path === '') return 'it has no name'
  if (/[A-Z]/.test(path)) return 'the name must be in lower case'
  if (path.length > 255 || !path.split('/').every((component) => COMPONENT.test(component))) return `${JSON.stringify(path)} is no repository name`
  if (host === undefined && looksLikeId(path)) return '64 hex digits are an image id, not a name'
  return undefined
}

/** In full, with host, tag and digest: `docker.io/library/alpine:3.20@sha256:…`. */
export function formatReference({ host, repository, tag, digest }: Reference): string {
  return `${host}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}

/** As people write it: without Docker Hub's host and `library/`, where it still means the same. */
export function formatFamiliar(reference: Reference): string {
  const full = formatReference(reference)
  const { host, repository } = reference
  const [first, rest] = splitOnce(repository, repository.indexOf('/'))
  if (host !== DEFAULT_HOST || (rest !== undefined && looksLikeHost(first))) return full
  const isOfficial = first === 'library' && rest !== undefined && !rest.includes('/') && !looksLikeId(rest)
  return full.slice(`${DEFAULT_HOST}/${isOfficial ? 'library/' : ''}`.length)
}

function looksLikeId(path: string): boolean {
  return /^[0-9a-f]{64}$/.test(path)
}

/** Host and repository, without tag and digest. */
export function formatRepository({ host, repository }: Reference): string {
  return `${host}/${repository}`
}

const DEFAULT_HOST = 'docker.io'
