import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

/** The server's end of a WebSocket (RFC 6455): whole messages of bytes, and no extension. */
export interface WebSocketEnd {
  readonly messages: AsyncIterable<Buffer>
  send(message: Uint8Array): void
  close(): void
}

const BINARY = 2
const CLOSE = 8
const PING = 9
const PONG = 10

/** Answers the upgrade with the first of `protocols` that the client offers; undefined where it offers none of them. */
export function acceptWebSocket(request: IncomingMessage, socket: Duplex, protocols: readonly string[]): WebSocketEnd | undefined {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
  const protocol = protocols.find((name) => offered.includes(name))
  if (protocol === undefined) {
    socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')
    return undefined
  }
  const accept = createHash('sha1').update(`${request.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`)
  socket.on('error', () => undefined) // the messages end
  return {
    messages: readMessages(socket),
    send: (message) => void socket.write(formatFrame(BINARY, message)),
    close: () => void socket.end(formatFrame(CLOSE, Buffer.from([0x03, 0xe8]))),
  }
}

function formatFrame(opcode: number, payload: Uint8Array): Buffer {
  const { byteLength } = payload
  const head = byteLength < 126 ? Buffer.from([0x80 | opcode, byteLength]) : Buffer.alloc(10)
  if (byteLength >= 126) {
    head.set([0x80 | opcode, 127])
    head.writeBigUInt64BE(BigInt(byteLength), 2)
  }
  return Buffer.concat([head, payload])
}

interface Frame {
  readonly isLast: boolean
  readonly opcode: number
  readonly payload: Buffer
  readonly rest: Buffer
}

/** Undefined where there is not all of it yet. */
function parseFrame(bytes: Buffer): Frame | undefined {
  if (bytes.byteLength < 2) return undefined
  const short = bytes.readUInt8(1) & 0x7f
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0
  const start = 2 + lengthBytes + 4
  if (bytes.byteLength < start) return undefined
  const length = lengthBytes === 0 ? short : lengthBytes === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
  if (bytes.byteLength < start + length) return undefined
  const mask = bytes.subarray(start - 4, start)
  const payload = Buffer.from(bytes.subarray(start, start + length)).map((byte, index) => byte ^ (mask[index & 3] ?? 0)) as Buffer
  return { isLast: (bytes.readUInt8(0) & 0x80) !== 0, opcode: bytes.readUInt8(0) & 0x0f, payload, rest: bytes.subarray(start + length) }
}

async function* readMessages(socket: Duplex): AsyncGenerator<Buffer> {
  let waiting: Buffer = Buffer.alloc(0)
  let parts: Buffer[] = []
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    waiting = Buffer.concat([waiting, chunk])
    for (let frame = parseFrame(waiting); frame !== undefined; frame = parseFrame(waiting)) {
      waiting = frame.rest
      if (frame.opcode === CLOSE) return
      if (frame.opcode === PING) socket.write(formatFrame(PONG, frame.payload))
      if (frame.opcode >= CLOSE) continue
      parts.push(frame.payload)
      if (!frame.isLast) continue
      yield Buffer.concat(parts)
      parts = []
    }
  }
}
