import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2'
import { StatusSchema } from '../gen/rpc_status_pb.ts'

/** How a call ended: gRPC's code, a text, and typed details (google.protobuf.Any). */
export interface GrpcStatus {
  readonly code: number
  readonly message: string
  readonly details: readonly StatusDetail[]
}

export interface StatusDetail {
  readonly typeUrl: string
  readonly value: Uint8Array
}

/** grpc/doc/statuscodes.md */
export const GRPC = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  failedPrecondition: 9,
  aborted: 10,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
  unauthenticated: 16,
} as const

/** A call that ended in another status than OK. It stays between the wire and `errorMapping.ts`, which makes a BuildError of it. */
export class GrpcStatusError extends Error {
  readonly status: GrpcStatus
  constructor(status: GrpcStatus) {
    super(`call failed with gRPC status ${status.code}: ${status.message}`)
    this.name = 'GrpcStatusError'
    this.status = status
  }
}

/** A call without an end of its own, since its connection is gone. */
export class LostCallError extends GrpcStatusError {
  constructor(message: string) {
    super({ code: GRPC.unavailable, message, details: [] })
    this.name = 'LostCallError'
  }
}

export function statusError(code: number, message: string): GrpcStatusError {
  return new GrpcStatusError({ code, message, details: [] })
}

/** As trailers: `grpc-status`, `grpc-message`, and where there are details `grpc-status-details-bin`. */
export function encodeStatus({ code, message, details }: GrpcStatus): OutgoingHttpHeaders {
  if (code === GRPC.ok) return { 'grpc-status': '0' }
  const head = { 'grpc-status': String(code), 'grpc-message': percentEncode(message) }
  if (details.length === 0) return head
  const status = create(StatusSchema, { code, message, details: details.map(({ typeUrl, value }) => ({ typeUrl, value })) })
  return { ...head, 'grpc-status-details-bin': Buffer.from(toBinary(StatusSchema, status)).toString('base64').replace(/=+$/, '') }
}

/** Undefined where the headers hold no status, as those before the first message. */
export function decodeStatus(headers: IncomingHttpHeaders): GrpcStatus | undefined {
  const code = headers['grpc-status']
  if (typeof code !== 'string') return undefined
  const message = headers['grpc-message']
  const plain: GrpcStatus = { code: /^\d+$/.test(code) ? Number(code) : GRPC.unknown, message: percentDecode(typeof message === 'string' ? message : ''), details: [] }
  const packed = headers['grpc-status-details-bin']
  return typeof packed === 'string' ? withDetails(plain, packed) : plain
}

function withDetails(plain: GrpcStatus, packed: string): GrpcStatus {
  try {
    const { details, message } = fromBinary(StatusSchema, Buffer.from(packed, 'base64'))
    return { ...plain, message: message === '' ? plain.message : message, details }
  } catch {
    return plain // details are a bonus: a peer's broken ones do not hide its error
  }
}

/** gRPC over HTTP/2, "Percent-Byte-Encoded": space to `~` but `%` stand for themselves. */
function percentEncode(text: string): string {
  return text.toWellFormed().replace(/[^\x20-\x24\x26-\x7e]/gu, (character) => encodeURIComponent(character))
}

/** What is not an escape stays as it is, as the protocol wants it. */
function percentDecode(text: string): string {
  return text.replace(/(?:%[0-9a-fA-F]{2})+/g, (escapes) => Buffer.from(escapes.replaceAll('%', ''), 'hex').toString())
}
