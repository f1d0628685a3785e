import assert from 'node:assert/strict'
import { once } from 'node:events'
import { constants } from 'node:fs'
import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { describe, it } from 'node:test'
import type { FileStat, TreeReceiver, TreeSource } from './fileSync.ts'
import { openCall } from './grpc/clientCall.ts'
import { openHttp2Client, openHttp2Server } from './grpc/http2Connection.ts'
import { serveCalls, type CallHandler } from './grpc/serverCall.ts'
import { toStatus } from './errorMapping.ts'
import { createPacketChannel, type PacketChannel } from './packetChannel.ts'
import { receiveTree } from './treeReceiver.ts'
import { sendTree } from './treeSender.ts'

const never = new AbortController().signal

describe('a file tree over a connection', () => {
  it('arrives as it was sent: folders, modes, links, devices, attributes', async () => {
    const entries = [
      folder('bin', 0o1755),
      file('bin/tool', { mode: 0o4755, text: 'tool' }),
      { ...file('bin/tool-too', { mode: 0o4755, text: '' }), linkTarget: 'bin/tool' },
      { ...file('bin.txt', { mode: 0o600, text: 'after bin/, before bin0' }), xattrs: new Map([['user.note', Buffer.from([0, 255])]]) },
      { ...file('empty', { mode: 0o644, text: '' }), uid: 3_000_000_000, gid: 7 },
      { ...entry('fifo', constants.S_IFIFO | 0o644) },
      { ...entry('null', constants.S_IFCHR | 0o666), deviceMajor: 1, deviceMinor: 3 },
      { ...entry('to-bin', constants.S_IFLNK | 0o777), linkTarget: '/bin/tool' },
      file('\u{fffd}', { mode: 0o644, text: 'the last of the lower plane' }),
      file('\u{1f3dd}', { mode: 0o644, text: 'an island' }),
    ]
    const got = await transfer(treeOf(entries))
    assert.deepEqual(got.stats, entries.map(statOf))
    assert.deepEqual(got.contents, new Map(entries.flatMap(({ path, text, linkTarget, mode }) => ((mode & constants.S_IFMT) === constants.S_IFREG && linkTarget === '' ? [[path, text]] : []))))
    assert.equal(got.ended, true)
  })

  it('arrives whole with 5,000 files', async () => {
    const entries = Array.from({ length: 5000 }, (_, index) => file(`f${String(index).padStart(5, '0')}`, { mode: 0o644, text: `content ${index}` }))
    const got = await transfer(treeOf(entries))
    assert.equal(got.stats.length, 5000)
    assert.equal(got.contents.get('f04999'), 'content 4999')
  })

  it('brings the content of the files that are asked for, and no other', async () => {
    const got = await transfer(treeOf([file('no', { mode: 0o644, text: 'n' }), file('yes', { mode: 0o644, text: 'y' })]), (path) => path === 'yes')
    assert.deepEqual(got.contents, new Map([['yes', 'y']]))
  })

  it('brings a file larger than all windows', async () => {
    const text = 'x'.repeat(24 * 1024 * 1024)
    const got = await transfer(treeOf([file('large', { mode: 0o644, text })]))
    assert.equal(got.contents.get('large')?.length, text.length)
  })

  const refusals = [
    { name: 'a path that climbs out', entries: [file('../out', { mode: 0o644, text: '' })], message: /clean relative path/ },
    { name: 'an absolute path', entries: [file('/out', { mode: 0o644, text: '' })], message: /clean relative path/ },
    { name: 'entries out of order', entries: [file('b', { mode: 0o644, text: '' }), file('a', { mode: 0o644, text: '' })], message: /out of order/ },
    { name: 'an entry that comes twice', entries: [file('a', { mode: 0o644, text: '' }), file('a', { mode: 0o644, text: '' })], message: /out of order/ },
    { name: 'a file in what is no folder', entries: [{ ...entry('a', constants.S_IFLNK | 0o777), linkTarget: '/etc' }, file('a/b', { mode: 0o644, text: '' })], message: /without its folder/ },
    { name: 'a hard link to what did not come', entries: [{ ...file('a', { mode: 0o644, text: '' }), linkTarget: 'z' }], message: /hard link to "z"/ },
  ]
  for (const { name, entries, message } of refusals) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(transfer(treeOf(entries)), { name: 'FileSyncError', message })
    })
  }

  it('tells the receiver why the sender gave up', async () => {
    const source: TreeSource = { ...treeOf([file('a', { mode: 0o644, text: '' })]), read: failingRead }
    await assert.rejects(transfer(source), { message: /disk is gone/ })
  })

  it('stops when the receiver fails', async () => {
    const receiver: TreeReceiver = { ...collector().receiver, content: () => Promise.reject(new Error('disk is full')) }
    await assert.rejects(transferTo(treeOf([file('a', { mode: 0o644, text: 'a' })]), receiver, never), { message: 'disk is full' })
  })

  it('stops midway on abort, at both ends, with its reason', async () => {
    const controller = new AbortController()
    const reason = new Error('cancelled by the test')
    const sourceStopped = Promise.withResolvers<undefined>()
    const source: TreeSource = { ...treeOf([file('endless', { mode: 0o644, text: '' })]), read: () => endless(sourceStopped.resolve) }
    const { receiver } = collector()
    const aborting: TreeReceiver = {
      ...receiver,
      async content(_stat, chunks) {
        await chunks[Symbol.asyncIterator]().next()
        controller.abort(reason)
        await new Promise(() => undefined) // the abort alone ends it
      },
    }
    await assert.rejects(transferTo(source, aborting, controller.signal), reason)
    await sourceStopped.promise
  })
})

interface Entry extends FileStat {
  readonly text: string
}

function entry(path: string, mode: number): Entry {
  return { path, mode, uid: 0, gid: 0, sizeBytes: 0, mtimeNs: 1_700_000_000_123_456_789n, linkTarget: '', deviceMajor: 0, deviceMinor: 0, xattrs: new Map(), text: '' }
}

function statOf({ text, ...stat }: Entry): FileStat {
  assert.equal(typeof text, 'string')
  return stat
}

function folder(path: string, mode: number): Entry {
  return entry(path, constants.S_IFDIR | mode)
}

function file(path: string, { mode, text }: { mode: number; text: string }): Entry {
  return { ...entry(path, constants.S_IFREG | mode), sizeBytes: text.length, text }
}

function treeOf(entries: readonly Entry[]): TreeSource {
  const texts = new Map(entries.map(({ path, text }) => [path, text]))
  return {
    async *walk() {
      yield* entries
    },
    async *read(path) {
      yield Buffer.from(texts.get(path) ?? '')
    },
  }
}

async function* endless(onStop: (value: undefined) => void): AsyncGenerator<Uint8Array> {
  try {
    for (;;) yield Buffer.alloc(32_768)
  } finally {
    onStop(undefined)
  }
}

async function* failingRead(): AsyncGenerator<Uint8Array> {
  throw new Error('disk is gone')
}

interface Collected {
  readonly stats: FileStat[]
  readonly contents: Map<string, string>
  ended: boolean
}

function collector(wants: (path: string) => boolean = () => true): { receiver: TreeReceiver; collected: Collected } {
  const collected: Collected = { stats: [], contents: new Map(), ended: false }
  const receiver: TreeReceiver = {
    async entry(stat) {
      collected.stats.push(stat)
      return wants(stat.path) ? 'content' : 'no-content'
    },
    async content({ path }, chunks) {
      const parts: Uint8Array[] = []
      for await (const chunk of chunks) parts.push(chunk)
      collected.contents.set(path, Buffer.concat(parts).toString())
    },
    async end() {
      collected.ended = true
    },
  }
  return { receiver, collected }
}

async function transfer(source: TreeSource, wants?: (path: string) => boolean): Promise<Collected> {
  const { receiver, collected } = collector(wants)
  await transferTo(source, receiver, never)
  return collected
}

/** The called end sends, as a build's client does. */
async function transferTo(source: TreeSource, receiver: TreeReceiver, signal: AbortSignal): Promise<void> {
  await withCall((call) => sendTree(source, createPacketChannel(call), call.signal), signal, (channel) => receiveTree(channel, receiver, signal))
}

async function withCall(handler: CallHandler, signal: AbortSignal, use: (channel: PacketChannel) => Promise<void>): Promise<void> {
  const [near, far] = await socketPair()
  const server = openHttp2Server(far)
  serveCalls(server, { find: () => handler, toStatus })
  const client = openHttp2Client(near)
  try {
    const call = openCall(client, '/test/DiffCopy', new Map(), signal)
    await use(createPacketChannel(call))
    call.closeSend()
  } finally {
    near.destroy()
    far.destroy()
  }
}

async function socketPair(): Promise<[Socket, Socket]> {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const near = connect((listener.address() as AddressInfo).port, '127.0.0.1')
  const [far] = (await once(listener, 'connection')) as [Socket]
  listener.close()
  return [near, far]
}
