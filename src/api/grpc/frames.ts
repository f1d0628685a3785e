import { GRPC, statusError } from './status.ts'

/** BuildKit's limit for one message, both ways. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024

const HEAD_BYTES = 5

/** gRPC's Length-Prefixed-Message, not compressed. */
export function encodeFrame(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + message.byteLength)
  frame[0] = 0
  frame.writeUInt32BE(message.byteLength, 1)
  frame.set(message, HEAD_BYTES)
  return frame
}

/** The messages in a stream of bytes, cut however it is. @throws GrpcStatusError on a compressed, oversized or cut-off message */
export async function* decodeFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = []
  let heldBytes = 0
  let wantedBytes = HEAD_BYTES
  for await (const chunk of chunks) {
    held.push(chunk)
    heldBytes += chunk.byteLength
    if (heldBytes < wantedBytes) continue // joined once it is whole, not at each piece
    let joined = held.length === 1 ? asBuffer(chunk) : Buffer.concat(held)
    for (wantedBytes = frameBytes(joined); wantedBytes <= joined.byteLength; wantedBytes = frameBytes(joined)) {
      yield joined.subarray(HEAD_BYTES, wantedBytes)
      joined = joined.subarray(wantedBytes)
    }
    held = joined.byteLength === 0 ? [] : [joined]
    heldBytes = joined.byteLength
  }
  if (heldBytes > 0) throw statusError(GRPC.internal, 'stream ended inside a message')
}

/** Size of the first frame of `held`, with its head; of the head where that is not there yet. */
function frameBytes(held: Buffer): number {
  if (held.byteLength < HEAD_BYTES) return HEAD_BYTES
  if (held[0] !== 0) throw statusError(GRPC.unimplemented, 'compressed messages are not supported')
  const sizeBytes = held.readUInt32BE(1)
  if (sizeBytes > MAX_MESSAGE_BYTES) throw statusError(GRPC.invalidArgument, `message of ${sizeBytes} bytes is over the limit of ${MAX_MESSAGE_BYTES}`)
  return HEAD_BYTES + sizeBytes
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
