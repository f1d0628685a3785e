import { orAborted } from '../kit/singleFlight.ts'
import { createChunkQueue, type ChunkQueue } from './chunkQueue.ts'
import { decodeFileStat, hasContent } from './fileStat.ts'
import type { FileStat, TreeReceiver } from './fileSync.ts'
import { Packet_PacketType as PacketType, type Packet } from './gen/wire_pb.ts'
import { sendFailure, type PacketChannel } from './packetChannel.ts'
import { createTreeValidator, FileSyncError } from './treeOrder.ts'

/** Files asked for and not there yet. Enough to hide the round trip of small ones, few enough to have them all open. */
const FILES_AT_ONCE = 16
/** Packets that wait for one slow file, 32 KiB each; past that, all files wait for it. */
const PACKETS_WAITING = 8

/**
 * Receives a tree by fsutil's protocol into `receiver`. Files of which content is wanted arrive a few at once, while
 * the walk may still go on; `entry` must not wait for any of them, since one call carries both. Resolves after
 * `receiver.end`. @throws FileSyncError; what `receiver` throws, after the sender was told; `signal.reason`
 */
export async function receiveTree(channel: PacketChannel, receiver: TreeReceiver, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const downloads = createDownloads(channel, receiver)
  try {
    await orAborted(Promise.race([readPackets(channel, receiver, downloads), downloads.failed]), signal)
    await receiver.end()
  } catch (error) {
    downloads.abandon(error)
    void sendFailure(channel, error) // not awaited: a sender that is gone leaves no room to say it
    throw signal.aborted ? signal.reason : error
  }
}

async function readPackets(channel: PacketChannel, receiver: TreeReceiver, downloads: Downloads): Promise<void> {
  const takeEntry = createEntryTaker(receiver, downloads)
  for await (const packet of channel.packets) {
    switch (packet.type) {
      case PacketType.PACKET_STAT:
        await takeEntry(packet)
        break
      case PacketType.PACKET_DATA:
        await downloads.take(packet)
        break
      case PacketType.PACKET_FIN:
        downloads.assertDone()
        return
      case PacketType.PACKET_REQ:
      case PacketType.PACKET_ERR:
        throw new FileSyncError(`a packet of type ${packet.type} is not for a receiver`)
    }
  }
  throw new FileSyncError('the sender ended before all had come')
}

/** Entries are known by their running number; one without a stat ends them. */
function createEntryTaker(receiver: TreeReceiver, downloads: Downloads): (packet: Packet) => Promise<void> {
  const validate = createTreeValidator()
  let id = 0
  return async (packet) => {
    if (packet.stat === undefined) {
      downloads.endRequests()
      return
    }
    const stat = decodeFileStat(packet.stat)
    validate(stat)
    if ((await receiver.entry(stat)) === 'content' && hasContent(stat)) downloads.request(id, stat)
    id += 1
  }
}

/** The files that are wanted: those that wait for their turn, and those under way. Says FIN when there are and will be none. */
interface Downloads {
  request(id: number, stat: FileStat): void
  /** The walk is over. */
  endRequests(): void
  take(packet: Packet): Promise<void>
  assertDone(): void
  /** Never resolves; rejects when a file could not be taken. */
  readonly failed: Promise<never>
  abandon(error: unknown): void
}

interface Wanted {
  readonly id: number
  readonly stat: FileStat
}

function createDownloads(channel: PacketChannel, receiver: TreeReceiver): Downloads {
  const waiting: Wanted[] = []
  const underWay = new Map<number, ChunkQueue>()
  const failure = Promise.withResolvers<never>()
  failure.promise.catch(() => undefined) // heard by the race in receiveTree
  let walk: 'open' | 'over' | 'finished' = 'open'

  const receive = async ({ id, stat }: Wanted): Promise<void> => {
    const queue = createChunkQueue(PACKETS_WAITING)
    underWay.set(id, queue)
    await channel.send({ type: PacketType.PACKET_REQ, ID: id })
    await receiver.content(stat, queue.chunks)
    queue.leave()
    await queue.ended
    underWay.delete(id)
    advance()
  }
  const advance = (): void => {
    while (underWay.size < FILES_AT_ONCE) {
      const next = waiting.shift()
      if (next === undefined) break
      receive(next).catch(failure.reject)
    }
    if (walk !== 'over' || underWay.size > 0) return
    walk = 'finished'
    channel.send({ type: PacketType.PACKET_FIN }).catch(failure.reject)
  }

  return {
    failed: failure.promise,
    request(id, stat) {
      waiting.push({ id, stat })
      advance()
    },
    endRequests() {
      walk = 'over'
      advance()
    },
    async take({ ID, data }) {
      const queue = underWay.get(ID)
      if (queue === undefined) throw new FileSyncError(`content of entry ${ID} came, which was not asked for`)
      if (data.byteLength === 0) queue.end()
      else await queue.push(data)
    },
    assertDone() {
      if (walk !== 'finished') throw new FileSyncError('the sender took its leave before all had come')
    },
    abandon(error) {
      for (const queue of underWay.values()) queue.fail(error)
    },
  }
}
