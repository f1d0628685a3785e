/** The pieces that messages of the ssh agent protocol and ssh's keys are made of: RFC 4251, section 5; draft-miller-ssh-agent. */

/** Of requests and answers. */
export const AGENT = { failure: 5, requestIdentities: 11, identitiesAnswer: 12, signRequest: 13, signResponse: 14 } as const

/** OpenSSH's bound. */
export const MAX_MESSAGE_BYTES = 256 * 1024

export const FAILURE: Uint8Array = Uint8Array.of(AGENT.failure)

/** `string`: a length, then as many bytes. */
export function packString(value: string | Uint8Array): Uint8Array {
  const bytes = Buffer.from(value)
  return Buffer.concat([packNumber(bytes.byteLength), bytes])
}

/** `uint32` */
export function packNumber(value: number): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** `mpint` of a number without a sign: no leading zeros, but for one before a first bit that is set. */
export function packInteger(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0)
  const digits = start < 0 ? Buffer.alloc(0) : Buffer.from(bytes.subarray(start))
  return packString(digits.length > 0 && (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits)
}

export interface PieceReader {
  /** @throws RangeError past the end */
  number(): number
  string(): Buffer
  /** Of an `mpint`, without the leading zero. */
  integer(): Buffer
}

export function readPieces(message: Uint8Array): PieceReader {
  const bytes = Buffer.from(message)
  let at = 0
  const reader: PieceReader = {
    number() {
      const value = bytes.readUInt32BE(at)
      at += 4
      return value
    },
    string() {
      const length = reader.number()
      if (at + length > bytes.byteLength) throw new RangeError('a string is longer than its message')
      at += length
      return bytes.subarray(at - length, at)
    },
    integer() {
      const value = reader.string()
      return value[0] === 0 ? value.subarray(1) : value
    },
  }
  return reader
}

/** The messages of a stream, without their lengths. @throws RangeError on one that is too long, or broken off */
export async function* splitMessages(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let pending = Buffer.alloc(0)
  for await (const chunk of source) {
    pending = Buffer.concat([pending, chunk])
    for (let length = lengthOf(pending); pending.byteLength >= length + 4; length = lengthOf(pending)) {
      yield Uint8Array.from(pending.subarray(4, length + 4))
      pending = pending.subarray(length + 4)
    }
  }
  if (pending.byteLength > 0) throw new RangeError('a message is broken off')
}

/** Infinity where it is not here yet. */
function lengthOf(pending: Buffer): number {
  if (pending.byteLength < 4) return Infinity
  const length = pending.readUInt32BE(0)
  if (length > MAX_MESSAGE_BYTES) throw new RangeError(`a message of ${length} bytes is too long`)
  return length
}
