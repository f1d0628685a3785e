import { ConnectError } from '@connectrpc/connect'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { BuildError, firstFailure, type ErrorKind } from '../ground/errors.ts'
import { optionalNumber, optionalObject, optionalString, objectList, parseJsonObject, type JsonObject } from '../ground/jsonValue.ts'
import type { SourceSpan } from '../ground/sourceSpan.ts'
import { ErrorSchema } from './gen/error_pb.ts'
import { GRPC, GrpcStatusError, LostCallError, type GrpcStatus, type StatusDetail } from './grpc/status.ts'

/**
 * Errors across the wire. Outward an error is a gRPC status with BuildKit's typed details, by which docker buildx draws
 * the lines of the Dockerfile, and one of our own that keeps kind and hint. Inward either kind of peer gives a RemoteError.
 */
const SOURCE_TYPE = 'github.com/moby/buildkit/errdefs.Source+json'
const FRONTEND_CAP_TYPE = 'github.com/moby/buildkit/errdefs.FrontendCap+json'
const SUBREQUEST_TYPE = 'github.com/moby/buildkit/errdefs.Subrequest+json'
const VERTEX_TYPE = 'github.com/moby/buildkit/errdefs.Vertex+json'
const OWN_TYPE = `type.googleapis.com/${ErrorSchema.typeName}`

/** Details travel in a header of bounded size: of a longer Dockerfile only the name is sent. */
const MAX_SOURCE_BYTES = 256 * 1024

/** What the other end of a connection failed with. */
export class RemoteError extends BuildError {
  readonly kind: ErrorKind
  readonly span: SourceSpan | undefined
  /** Digest of the vertex that failed, as the progress has it; '' where the error is of none. */
  readonly vertex: string
  /** By which the failed step can be entered; '' where it cannot. */
  readonly failedStep: string
  constructor(message: string, facts: { kind: ErrorKind; hint?: string | undefined; span?: SourceSpan | undefined; vertex?: string; failedStep?: string; cause?: unknown }) {
    super(message, facts)
    this.kind = facts.kind
    this.span = facts.span
    this.vertex = facts.vertex ?? ''
    this.failedStep = facts.failedStep ?? ''
  }
}

/** The other end does not know the call: a buildkitd asked for what only Pelago's engine has, or an older one. */
export class UnsupportedByPeerError extends BuildError {
  readonly kind = 'unavailable'
}

/** The connection is gone, and nothing is known of what was going on at the other end: no failure of that. */
export class PeerLostError extends BuildError {
  readonly kind = 'unavailable'
}

/** Outward. What is no BuildError is a bug of this end: its text goes out, its stack does not. */
export function toStatus(thrown: unknown): GrpcStatus {
  const error = firstFailure(thrown)
  if (error instanceof GrpcStatusError) return error.status
  if (error instanceof ConnectError) return { code: error.code, message: error.rawMessage, details: [] }
  if (isAbort(error)) return { code: GRPC.cancelled, message: 'context canceled', details: [] }
  const chain = causes(error)
  const own = chain.find((link) => link instanceof BuildError)
  const message = joinMessages(chain)
  if (own === undefined) return { code: GRPC.internal, message, details: [] }
  return { code: codeOf(own, chain), message, details: detailsOf(own, chain) }
}

/** `status`, said to be of lines of a text, where it says nothing of the kind. */
export function withSpan(status: GrpcStatus, span: SourceSpan): GrpcStatus {
  if (status.details.some(({ typeUrl }) => typeUrl === SOURCE_TYPE)) return status
  return { ...status, details: [...status.details, { typeUrl: SOURCE_TYPE, value: writeSource(span) }] }
}

/** Of a lack that has a name clients do without it, by BuildKit's code. */
function codeOf(own: BuildError, chain: readonly unknown[]): number {
  if (textFact(objectsOf(chain), 'frontendCap') !== undefined) return GRPC.unimplemented
  return spanOf(chain) === undefined ? CODES[own.kind] : GRPC.unknown
}

/** Inward. Errors that are not of a call are given back as they are. */
export function fromStatus(error: unknown): unknown {
  if (error instanceof LostCallError) return new PeerLostError(error.status.message, { hint: 'the engine ended, or the way to it is cut: pelago inspect shows whether it answers', cause: error })
  return error instanceof GrpcStatusError ? fromAnswer(error) : error
}

function fromAnswer(error: GrpcStatusError): Error {
  const { code, message, details } = error.status
  if (code === GRPC.cancelled) return new DOMException(message, 'AbortError')
  const own = findDetail(details, OWN_TYPE, (value) => fromBinary(ErrorSchema, value))
  if (code === GRPC.unimplemented && own === undefined) return new UnsupportedByPeerError(message, { hint: 'the builder is another program or an older version: use the default one, or upgrade it', cause: error })
  return new RemoteError(message, {
    kind: KINDS.get(own?.kind ?? '') ?? kindOfCode(code),
    hint: own === undefined || own.hint === '' ? undefined : own.hint,
    span: findDetail(details, SOURCE_TYPE, readSource),
    failedStep: own?.failedStep ?? '',
    vertex: findDetail(details, VERTEX_TYPE, (value) => optionalString(readJson(value), 'digest')) ?? '',
    cause: error,
  })
}

/** For what is no error of a build; those of one, which point at lines of the Dockerfile, are UNKNOWN as BuildKit's are: its clients print any other code before the message. */
const CODES: Readonly<Record<ErrorKind, number>> = {
  usage: GRPC.invalidArgument,
  'not-found': GRPC.notFound,
  denied: GRPC.permissionDenied,
  conflict: GRPC.aborted,
  corrupt: GRPC.dataLoss,
  unavailable: GRPC.unavailable,
  'step-failed': GRPC.unknown,
}

const KINDS: ReadonlyMap<string, ErrorKind> = new Map(Object.keys(CODES).map((kind) => [kind, kind as ErrorKind]))

const KINDS_OF_CODES: ReadonlyMap<number, ErrorKind> = new Map([
  [GRPC.unknown, 'step-failed'],
  [GRPC.invalidArgument, 'usage'],
  [GRPC.notFound, 'not-found'],
  [GRPC.alreadyExists, 'conflict'],
  [GRPC.aborted, 'conflict'],
  [GRPC.permissionDenied, 'denied'],
  [GRPC.unauthenticated, 'denied'],
  [GRPC.dataLoss, 'corrupt'],
])

function kindOfCode(code: number): ErrorKind {
  return KINDS_OF_CODES.get(code) ?? 'unavailable'
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError'
}

function causes(error: unknown): readonly unknown[] {
  const chain: unknown[] = []
  for (let link = error; link !== undefined && !chain.includes(link); link = link instanceof Error ? link.cause : undefined) chain.push(link)
  return chain
}

/** Each wrapper says what its cause does not, so all are told; what a message holds already is not repeated, nor what a call ended with, which its RemoteError says. */
function joinMessages(chain: readonly unknown[]): string {
  return chain
    .filter((link) => !(link instanceof GrpcStatusError))
    .map((link) => (link instanceof Error ? link.message : String(link)))
    .reduce((joined, message) => (joined.includes(message) ? joined : `${joined}: ${message}`))
}

function detailsOf(error: BuildError, chain: readonly unknown[]): readonly StatusDetail[] {
  const facts = objectsOf(chain)
  const hint = textFact(facts, 'hint') ?? ''
  const span = spanOf(chain)
  const vertex = textFact(facts, 'vertex')
  const failedStep = textFact(facts, 'failedStep')
  const named = (typeUrl: string, name: string | undefined): readonly StatusDetail[] => (name === undefined ? [] : [{ typeUrl, value: writeJson({ name }) }])
  return [
    { typeUrl: OWN_TYPE, value: toBinary(ErrorSchema, create(ErrorSchema, { kind: error.kind, hint, name: error.name, failedStep: failedStep ?? '' })) },
    ...(span === undefined ? [] : [{ typeUrl: SOURCE_TYPE, value: writeSource(span) }]),
    ...(vertex === undefined ? [] : [{ typeUrl: VERTEX_TYPE, value: writeJson({ digest: vertex }) }]),
    ...named(FRONTEND_CAP_TYPE, textFact(facts, 'frontendCap')),
    ...named(SUBREQUEST_TYPE, textFact(facts, 'subrequest')),
  ]
}

function objectsOf(chain: readonly unknown[]): readonly object[] {
  return chain.filter((link) => typeof link === 'object' && link !== null)
}

/** What the first in an error's chain of causes has under `key`, where that is a text; undefined where none has. */
export function findFact(error: unknown, key: string): string | undefined {
  return textFact(objectsOf(causes(error)), key)
}

/** Of the first in a chain of causes that has one; which class that is, this floor cannot know. */
function textFact(facts: readonly object[], key: string): string | undefined {
  for (const link of facts) {
    const value: unknown = Reflect.get(link, key)
    if (typeof value === 'string' && value !== '') return value
  }
  return undefined
}

function spanOf(chain: readonly unknown[]): SourceSpan | undefined {
  const spans = chain.map((link) => (typeof link === 'object' && link !== null && 'span' in link && isSpan(link.span) ? link.span : undefined))
  return spans.find((found) => found !== undefined)
}

/** Errors of several folders carry a span; which, this floor cannot know. */
function isSpan(value: unknown): value is SourceSpan {
  return typeof value === 'object' && value !== null && 'source' in value && 'startLine' in value && 'endLine' in value
}

/** errdefs.Source as Go's encoding/json has it. */
function writeSource({ source, startLine, endLine }: SourceSpan): Uint8Array {
  const data = Buffer.from(source.text)
  const info = { filename: source.filename, data: data.byteLength > MAX_SOURCE_BYTES ? '' : data.toString('base64'), language: 'Dockerfile' }
  return writeJson({ info, ranges: [{ start: { line: startLine }, end: { line: endLine } }] })
}

function readSource(value: Uint8Array): SourceSpan | undefined {
  const source = readJson(value)
  const info = optionalObject(source, 'info')
  const lines = objectList(source, 'ranges').map((range) => ({ start: lineOf(range, 'start'), end: lineOf(range, 'end') }))
  if (info === undefined || lines.length === 0) return undefined
  return {
    source: { filename: optionalString(info, 'filename') ?? '', text: Buffer.from(optionalString(info, 'data') ?? '', 'base64').toString() },
    startLine: Math.min(...lines.map(({ start }) => start)),
    endLine: Math.max(...lines.map(({ start, end }) => Math.max(start, end))),
  }
}

function lineOf(range: JsonObject, key: string): number {
  const position = optionalObject(range, key)
  return (position === undefined ? undefined : optionalNumber(position, 'line')) ?? 0
}

function writeJson(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}

function readJson(value: Uint8Array): JsonObject {
  return parseJsonObject(Buffer.from(value).toString(), 'error detail')
}

/** The first detail of the type that can be read: a peer's broken details do not hide its error. */
function findDetail<T>(details: readonly StatusDetail[], typeUrl: string, read: (value: Uint8Array) => T): T | undefined {
  for (const detail of details) {
    if (detail.typeUrl !== typeUrl) continue
    try {
      return read(detail.value)
    } catch {
      continue
    }
  }
  return undefined
}
