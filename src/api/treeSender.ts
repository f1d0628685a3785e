import { createLimit, type Limit } from '../kit/limit.ts'
import { orAborted } from '../kit/singleFlight.ts'
import { encodeFileStat, hasContent, isSocket } from './fileStat.ts'
import type { FileStat, TreeSource } from './fileSync.ts'
import { Packet_PacketType as PacketType } from './gen/wire_pb.ts'
import { sendFailure, type PacketChannel } from './packetChannel.ts'
import { FileSyncError } from './treeOrder.ts'

/** BuildKit's clients send as many. */
const FILES_AT_ONCE = 4
const MAX_DATA_BYTES = 32 * 1024

/** Opens what the receiver may ask for by a running number. */
type Requestable = Map<number, () => AsyncIterable<Uint8Array>>

/**
 * Sends `source` by fsutil's protocol: all entries, and of the files those that the receiver asks for meanwhile. Done
 * when the receiver has said so. @throws FileSyncError; what `source` throws, after the receiver was told; `signal.reason`
 */
export async function sendTree(source: TreeSource, channel: PacketChannel, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const failure = new AbortController()
  const inner = AbortSignal.any([signal, failure.signal])
  const requestable: Requestable = new Map()
  try {
    const work = Promise.all([sendEntries(source, channel, requestable, inner), answerRequests(channel, requestable, inner)])
    await orAborted(work, signal)
  } catch (error) {
    failure.abort(error)
    void sendFailure(channel, error) // not awaited: a receiver that is gone leaves no room to say it
    throw signal.aborted ? signal.reason : error
  }
}

async function sendEntries(source: TreeSource, channel: PacketChannel, requestable: Requestable, signal: AbortSignal): Promise<void> {
  let id = 0
  for await (const stat of source.walk(signal)) {
    const open = opener(source, stat, signal)
    if (open !== undefined) requestable.set(id, open)
    await channel.send({ type: PacketType.PACKET_STAT, stat: encodeFileStat(stat) })
    id += 1
  }
  await channel.send({ type: PacketType.PACKET_STAT })
}

function opener(source: TreeSource, stat: FileStat, signal: AbortSignal): (() => AsyncIterable<Uint8Array>) | undefined {
  if (isSocket(stat)) return nothing // on the wire it looks like a file
  return hasContent(stat) ? () => source.read(stat.path, signal) : undefined
}

async function answerRequests(channel: PacketChannel, requestable: Requestable, signal: AbortSignal): Promise<void> {
  const limit = createLimit(FILES_AT_ONCE)
  const failure = Promise.withResolvers<never>()
  const sending = new Set<Promise<void>>()
  const read = async (): Promise<void> => {
    for await (const { type, ID } of channel.packets) {
      if (type === PacketType.PACKET_FIN) {
        await Promise.all(sending)
        await channel.send({ type: PacketType.PACKET_FIN })
        return
      }
      if (type !== PacketType.PACKET_REQ) throw new FileSyncError(`a packet of type ${type} is not for a sender`)
      const open = requestable.get(ID)
      if (open === undefined) throw new FileSyncError(`content of entry ${ID} is asked for, which has none`)
      const sent = sendContent(channel, { ID, open, limit }, signal).finally(() => sending.delete(sent))
      sending.add(sent)
      sent.catch(failure.reject)
    }
    throw new FileSyncError('the receiver ended before it had all')
  }
  await Promise.race([read(), failure.promise])
}

async function sendContent(channel: PacketChannel, file: { ID: number; open: () => AsyncIterable<Uint8Array>; limit: Limit }, signal: AbortSignal): Promise<void> {
  const { ID, open, limit } = file
  await limit.run(async () => {
    for await (const chunk of open()) {
      for (let start = 0; start < chunk.byteLength; start += MAX_DATA_BYTES) {
        await channel.send({ type: PacketType.PACKET_DATA, ID, data: chunk.subarray(start, start + MAX_DATA_BYTES) })
      }
    }
    await channel.send({ type: PacketType.PACKET_DATA, ID })
  }, signal)
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  return
}
