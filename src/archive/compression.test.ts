import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createCipheriv } from 'node:crypto'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { missing } from '../../test/support/requires.ts'
import { buffersInTurn } from '../kit/streams/chunkBuffers.ts'
import { compress, decompress, detectCompression } from './compression.ts'
import type { KeptBlocks } from './keptBlocks.ts'
import { madeTar, rememberBlocks } from './keptBlocks.suite.ts'

const signal = new AbortController().signal
const TEXT = Buffer.from('some text that repeats itself, and repeats itself again; '.repeat(60_000))

async function* chunksOf(bytes: Uint8Array, size = 10_000): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.byteLength; offset += size) yield bytes.subarray(offset, offset + size)
}

async function gather(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const gathered: Uint8Array[] = []
  for await (const chunk of chunks) gathered.push(Buffer.from(chunk))
  return Buffer.concat(gathered)
}

/** Always the same. */
function randomOf(length: number): Buffer {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(length))
}

function frames(...texts: readonly string[]): Buffer {
  return Buffer.concat(texts.map((text) => zstdCompressSync(text)))
}

/** What zstd:chunked layers carry their table of contents in. */
const SKIPPABLE_FRAME = Buffer.from('502a4d180300000078797a', 'hex')

describe('compress', () => {
  it('makes zstd that the program reads', { skip: missing('zstd') }, async () => {
    const packed = await gather(compress(chunksOf(TEXT), 'zstd', { level: undefined }))
    assert.ok(execFileSync('zstd', ['-dc'], { input: packed, maxBuffer: 2 ** 24 }).equals(TEXT))
  })

  it('makes zstd that wants no more memory of its reader than a block has, at any level', async () => {
    const packed = await gather(compress(chunksOf(TEXT.subarray(0, 100_000)), 'zstd', { level: 22 }))
    const [descriptor = 0, window = 0] = packed.subarray(4)
    const isSingleSegment = (descriptor & 0b100000) !== 0 // RFC 8878, "Frame_Header_Descriptor": the content is the window
    assert.ok(isSingleSegment || window >> 3 <= 12, `a window of 2^${10 + (window >> 3)} bytes`)
  })

  for (const { size, bytes } of [{ size: 'nothing', bytes: Buffer.alloc(0) }, { size: 'a byte', bytes: Buffer.from('a') }, { size: 'one block', bytes: Buffer.alloc(1 << 20, 'ab') }, { size: 'several blocks', bytes: TEXT }]) {
    it(`makes gzip of ${size} that any gzip reads`, async () => assert.ok(gunzipSync(await gather(compress(chunksOf(bytes), 'gzip', { level: undefined }))).equals(bytes)))
    it(`makes zstd of ${size} that is read again`, async () => assert.ok((await gather(decompress(chunksOf(await gather(compress(chunksOf(bytes), 'zstd', { level: undefined }))), signal))).equals(bytes)))
  }

  for (const compression of ['gzip', 'zstd'] as const) {
    it(`gives the same ${compression} bytes however the input is cut`, async () => {
      const [a, b] = await Promise.all([777, 65_536].map((size) => gather(compress(chunksOf(TEXT, size), compression, { level: 5 }))))
      assert.ok(a !== undefined && b !== undefined && a.equals(b))
    })

    it(`closes its source when nobody wants more ${compression}`, async () => {
      const closed = Promise.withResolvers<string>()
      for await (const chunk of compress(endless(() => closed.resolve('closed')), compression, { level: 1 })) {
        assert.ok(chunk.byteLength > 0)
        break
      }
      assert.equal(await closed.promise, 'closed')
    })

    it(`passes on what its source throws, as ${compression}`, async () => {
      await assert.rejects(gather(compress(failing(), compression, { level: undefined })), /source failed/)
    })
  }

  for (const { name, parts } of [
    { name: 'random bytes', parts: [300_000] },
    { name: 'random bytes among text', parts: [-100_000, 200_000, -70_000, 140_000, -10] },
    { name: 'random bytes that end a block', parts: [-1_000_000, 200_000] },
  ]) {
    it(`stores ${name} as they are, so that any gzip reads them`, async () => {
      const bytes = Buffer.concat(parts.map((length) => (length > 0 ? randomOf(length) : TEXT.subarray(0, -length))))
      const packed = await gather(compress(chunksOf(bytes), 'gzip', { level: undefined }))
      assert.ok(gunzipSync(packed).equals(bytes))
      assert.ok(packed.byteLength < gzipSync(bytes).byteLength * 1.01)
      assert.ok(packed.includes(randomOf(300_000).subarray(131_072, 131_172)))
    })
  }

  for (const { name, unit } of [{ name: 'a table of all bytes', unit: Buffer.from(Array.from({ length: 256 }, (_, value) => value)) }, { name: 'random bytes', unit: randomOf(20_000) }]) {
    it(`makes ${name} smaller that are there again and again`, async () => {
      const bytes = Buffer.concat(Array.from({ length: Math.ceil(600_000 / unit.byteLength) }, () => unit))
      const packed = await gather(compress(chunksOf(bytes), 'gzip', { level: undefined }))
      assert.ok(gunzipSync(packed).equals(bytes))
      assert.ok(packed.byteLength < bytes.byteLength / 5)
    })
  }

  it('loses little by compressing in blocks', async () => {
    const tar = await madeTar(300, 7)
    const ours = await gather(compress(chunksOf(tar), 'gzip', { level: 6 }))
    assert.ok(ours.byteLength < gzipSync(tar, { level: 6 }).byteLength * 1.05)
  })
})

describe('compress with kept blocks', () => {
  for (const compression of ['gzip', 'zstd'] as const) {
    const pack = (tar: Uint8Array, kept?: KeptBlocks): Promise<Buffer> => gather(compress(chunksOf(tar, 70_000), compression, { level: 1, kept }))

    it(`gives the bytes of ${compression} that it gives without, and packs only what changed`, async () => {
      const kept = rememberBlocks()
      const before = await madeTar(800, 7)
      assert.ok((await pack(before, kept)).equals(await pack(before)))
      const all = kept.packed()
      for (const changed of [await madeTar(800, 7, { changed: 400 }), await madeTar(800, 7, { without: 401 }), before]) {
        const newly = kept.packed()
        assert.ok((await pack(changed, kept)).equals(await pack(changed)))
        assert.ok(kept.packed() - newly <= 3, `${kept.packed() - newly} of ${all} blocks were packed`)
      }
      assert.ok(all >= 4)
    })

    it(`takes no block of ${compression} for one of another level`, async () => {
      const kept = rememberBlocks()
      const tar = await madeTar(300, 7)
      await pack(tar, kept)
      assert.ok((await gather(compress(chunksOf(tar), compression, { level: 9, kept }))).equals(await gather(compress(chunksOf(tar), compression, { level: 9 }))))
    })
  }

  it('gives the same bytes whatever is kept, which unpack to the same archive', async () => {
    const kept = rememberBlocks()
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 5_000, max: 300_000 }), async (files, seed, size) => {
        const tar = await madeTar(files, seed)
        const packed = await gather(compress(chunksOf(tar, size), 'gzip', { level: 1, kept }))
        assert.ok(packed.equals(await gather(compress(chunksOf(tar), 'gzip', { level: 1 }))))
        assert.ok(gunzipSync(packed).equals(tar))
      }),
      { numRuns: 10 },
    )
  })
})

describe('decompress', () => {
  const programs = ['xz', 'bzip2'] as const
  for (const program of programs) {
    it(`unpacks ${program} by the machine's own program`, { skip: missing(program) }, async () => {
      const packed = execFileSync(program, ['-c'], { input: TEXT, maxBuffer: 2 ** 24 })
      assert.ok((await gather(decompress(chunksOf(packed), signal))).equals(TEXT))
    })
  }

  for (const { name, packed, want } of [
    { name: 'plain bytes', packed: Buffer.from('plain'), want: 'plain' },
    { name: 'nothing', packed: Buffer.alloc(0), want: '' },
    { name: 'gzip of several members', packed: Buffer.concat([gzipSync('one '), gzipSync('two')]), want: 'one two' },
    { name: 'gzip with zeros behind it', packed: Buffer.concat([gzipSync('one '), gzipSync('two'), Buffer.alloc(600)]), want: 'one two' },
    { name: 'gzip of nothing', packed: gzipSync(''), want: '' },
    { name: 'zstd of several frames', packed: frames('one ', 'two'), want: 'one two' },
    { name: 'zstd with frames to be skipped', packed: Buffer.concat([frames('one '), SKIPPABLE_FRAME, frames('two'), SKIPPABLE_FRAME]), want: 'one two' },
  ]) {
    for (const size of [1, 7, 1000]) {
      it(`reads ${name} in chunks of ${size}`, async () => assert.equal((await gather(decompress(chunksOf(packed, size), signal))).toString(), want))
    }
  }

  for (const [name, pack] of [['zstd', zstdCompressSync], ['gzip', gzipSync]] as const) {
    it(`gives back what was compressed by ${name}, however it is cut`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 400 }), async (parts, size) => {
          const packed = Buffer.concat(parts.map((part) => pack(part)))
          assert.ok((await gather(decompress(chunksOf(packed, size), signal))).equals(Buffer.concat(parts)))
        }),
        { numRuns: 30 },
      )
    })
  }

  for (const { name, bytes } of [{ name: 'text', bytes: TEXT }, { name: 'zeros, of which a little gzip makes much', bytes: Buffer.alloc(1 << 22) }, { name: 'just as much as a buffer has', bytes: Buffer.alloc(1 << 20, 'ab') }]) {
    it(`unpacks gzip of ${name} into buffers that are used again`, async () => {
      const packed = Buffer.concat([gzipSync(bytes), gzipSync('behind')])
      assert.ok((await gather(decompress(chunksOf(packed), signal, { buffers: (sizeBytes) => buffersInTurn(sizeBytes, 2) }))).equals(Buffer.concat([bytes, Buffer.from('behind')])))
    })
  }

  it('compares the checksum of gzip, of each member, unless the caller compares a digest', async () => {
    const damaged = Buffer.concat([gzipSync('one '), gzipSync('two')])
    damaged.writeUInt32LE(1, damaged.byteLength - 8)
    await assert.rejects(gather(decompress(chunksOf(damaged), signal)), { name: 'CompressedDataInvalidError' })
    assert.equal((await gather(decompress(chunksOf(damaged), signal, { isChecked: true }))).toString(), 'one two')
  })

  it('refuses gzip with something else behind it', async () => {
    await assert.rejects(gather(decompress(chunksOf(Buffer.concat([gzipSync('one'), Buffer.from('else')])), signal)), { name: 'CompressedDataInvalidError' })
  })

  for (const [name, packed] of [['gzip', gzipSync(TEXT)], ['zstd', zstdCompressSync(TEXT)]] as const) {
    it(`refuses ${name} that breaks off`, async () => {
      await assert.rejects(gather(decompress(chunksOf(packed.subarray(0, -5)), signal)), { name: 'CompressedDataInvalidError', kind: 'corrupt' })
    })
    it(`refuses ${name} that is damaged`, async () => {
      const damaged = Buffer.from(packed)
      damaged.fill(0xaa, 100, 120)
      await assert.rejects(gather(decompress(chunksOf(damaged), signal)), { name: 'CompressedDataInvalidError' })
    })
  }

  it('throws the reason of an abort', { skip: missing('xz') }, async () => {
    const controller = new AbortController()
    const packed = execFileSync('xz', ['-c'], { input: 'x' })
    const stuck = async function* (): AsyncGenerator<Uint8Array> {
      yield packed.subarray(0, 10)
      controller.abort(new Error('enough'))
      await once(controller.signal, 'never')
    }
    await assert.rejects(gather(decompress(stuck(), controller.signal)), /enough/)
  })
})

describe('detectCompression', () => {
  for (const { head, want } of [
    { head: '1f8b08', want: 'gzip' },
    { head: '28b52ffd', want: 'zstd' },
    { head: '425a6839314159', want: 'bzip2' },
    { head: '425a6839177245', want: 'bzip2' },
    { head: '425a68652f6162', want: 'uncompressed' },
    { head: 'fd377a585a00', want: 'xz' },
    { head: '1f8b', want: 'uncompressed' },
    { head: '', want: 'uncompressed' },
  ]) {
    it(`takes ${JSON.stringify(head)} for ${want}`, () => assert.equal(detectCompression(Buffer.from(head, 'hex')), want))
  }
})

async function* endless(onClose: () => void): AsyncGenerator<Uint8Array> {
  try {
    for (;;) yield Buffer.alloc(65_536)
  } finally {
    onClose()
  }
}

async function* failing(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('begun')
  throw new Error('source failed')
}

