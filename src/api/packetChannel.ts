import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { Packet_PacketType as PacketType, PacketSchema, type Packet } from './gen/wire_pb.ts'
import type { MessageOutlet } from './grpc/messageOutlet.ts'
import { FileSyncError } from './treeOrder.ts'

/** One side of a call that carries a file tree. */
export interface PacketChannel {
  /** To be read once. */
  readonly packets: AsyncIterable<Packet>
  /** Resolves when there is room for more. */
  send(packet: { type: Packet['type']; stat?: NonNullable<Packet['stat']>; ID?: number; data?: Uint8Array }): Promise<void>
}

export function createPacketChannel(call: MessageOutlet & { readonly messages: AsyncIterable<Uint8Array> }): PacketChannel {
  return {
    packets: decode(call.messages),
    send: (packet) => call.send(toBinary(PacketSchema, create(PacketSchema, packet))),
  }
}

/** An ERR packet is the other side's error, and is thrown. */
async function* decode(messages: AsyncIterable<Uint8Array>): AsyncGenerator<Packet> {
  for await (const message of messages) {
    const packet = fromBinary(PacketSchema, message)
    if (packet.type === PacketType.PACKET_ERR) throw new FileSyncError(`the other side failed: ${Buffer.from(packet.data).toString()}`)
    yield packet
  }
}

/** Tells the other side why this one gives up, as far as it can still be told. */
export async function sendFailure(channel: PacketChannel, error: unknown): Promise<void> {
  const text = error instanceof Error ? error.message : String(error)
  await channel.send({ type: PacketType.PACKET_ERR, data: Buffer.from(text) }).catch(() => undefined)
}
