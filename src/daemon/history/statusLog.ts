import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { StatusResponseSchema, type StatusResponse } from '../../api/gen/control_pb.ts'
import { BuildError } from '../../ground/errors.ts'

/** BuildKit's: status messages one after the other, each behind its length, 32 bits with the low byte first. */
export const STATUS_LOG_TYPE = 'application/vnd.buildkit.status.v0'

const LENGTH_BYTES = 4
/** The encoder of progress makes no message that comes near it. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024

export async function* encodeStatusLog(messages: Iterable<StatusResponse>): AsyncGenerator<Uint8Array> {
  for (const message of messages) {
    const bytes = toBinary(StatusResponseSchema, message)
    const entry = Buffer.allocUnsafe(LENGTH_BYTES + bytes.byteLength) // together: each is written by itself
    entry.writeUInt32LE(bytes.byteLength)
    entry.set(bytes, LENGTH_BYTES)
    yield entry
  }
}

/** @throws StatusLogError */
export async function* decodeStatusLog(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<StatusResponse> {
  let held = Buffer.alloc(0)
  for await (const chunk of chunks) {
    held = Buffer.concat([held, chunk])
    for (let length = lengthOf(held); length !== undefined && held.byteLength >= LENGTH_BYTES + length; length = lengthOf(held)) {
      yield readMessage(held.subarray(LENGTH_BYTES, LENGTH_BYTES + length))
      held = held.subarray(LENGTH_BYTES + length)
    }
  }
  if (held.byteLength > 0) throw new StatusLogError('the log of a build ends inside a message')
}

function lengthOf(bytes: Buffer): number | undefined {
  if (bytes.byteLength < LENGTH_BYTES) return undefined
  const length = bytes.readUInt32LE()
  if (length > MAX_MESSAGE_BYTES) throw new StatusLogError(`the log of a build has a message of ${length} bytes`)
  return length
}

function readMessage(bytes: Uint8Array): StatusResponse {
  try {
    return fromBinary(StatusResponseSchema, bytes)
  } catch (error) {
    throw new StatusLogError('the log of a build cannot be read', { cause: error })
  }
}

export class StatusLogError extends BuildError {
  readonly kind = 'corrupt'
}
