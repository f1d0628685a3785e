import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decodeFrames, encodeFrame } from './frames.ts'
import { decodeTexts, encodeTexts, parseMetadata } from './metadata.ts'
import { decodeStatus, encodeStatus } from './status.ts'

describe('gRPC messages', () => {
  it('come out as they went in, however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 8 }), fc.integer({ min: 1, max: 20 }), async (messages, cut) => {
        const bytes = Buffer.concat(messages.map(encodeFrame))
        const got = await collect(decodeFrames(cutInto(bytes, cut)))
        assert.deepEqual(got, messages.map((message) => Buffer.from(message)))
      }),
      { numRuns: 60 },
    )
  })

  const broken = [
    { name: 'that end inside a message', bytes: encodeFrame(Buffer.from('abc')).subarray(0, 6), message: /inside a message/ },
    { name: 'that end inside a head', bytes: Buffer.from([0, 0]), message: /inside a message/ },
    { name: 'that are compressed', bytes: Buffer.from([1, 0, 0, 0, 0]), message: /compressed/ },
    { name: 'that say they are larger than the limit', bytes: Buffer.from([0, 0xff, 0xff, 0xff, 0xff]), message: /over the limit/ },
  ]
  for (const { name, bytes, message } of broken) {
    it(`refuses bytes ${name}`, async () => {
      await assert.rejects(collect(decodeFrames(cutInto(bytes, 100))), { name: 'GrpcStatusError', message })
    })
  }
})

describe('gRPC status', () => {
  it('keeps any text and any details', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 16 }), fc.string({ unit: 'binary' }), fc.array(fc.record({ typeUrl: fc.string(), value: fc.uint8Array() }), { maxLength: 3 }), (code, message, details) => {
        const headers = encodeStatus({ code, message, details })
        for (const value of Object.values(headers)) assert.match(String(value), /^[\x20-\x7e]*$/)
        const got = decodeStatus(headers as Record<string, string>)
        assert.deepEqual({ ...got, details: got?.details.map(({ typeUrl, value }) => ({ typeUrl, value: [...value] })) }, { code, message, details: details.map(({ typeUrl, value }) => ({ typeUrl, value: [...value] })) })
      }),
      { numRuns: 100 },
    )
  })

  const headers = [
    { name: 'no status', from: {}, want: undefined },
    { name: 'text that is no escape', from: { 'grpc-status': '2', 'grpc-message': '100% of %zz' }, want: { code: 2, message: '100% of %zz', details: [] } },
    { name: 'a code that is no number', from: { 'grpc-status': 'x' }, want: { code: 2, message: '', details: [] } },
    { name: 'details that are no message', from: { 'grpc-status': '5', 'grpc-message': 'm', 'grpc-status-details-bin': '////' }, want: { code: 5, message: 'm', details: [] } },
  ]
  for (const { name, from, want } of headers) {
    it(`reads ${name}`, () => assert.deepEqual(decodeStatus(from), want))
  }
})

describe('metadata', () => {
  it('keeps lists of any text, in headers that are plain', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 4 }), (values) => {
        const encoded = encodeTexts(new Map([['followpaths', values]]))
        for (const value of [...encoded.values()].flat()) assert.match(value, /^[\x20-\x7e]*$/)
        assert.deepEqual(decodeTexts(encoded, 'followpaths'), values)
      }),
      { numRuns: 100 },
    )
  })

  it('reads what Go escaped as in a query', () => {
    const metadata = parseMetadata(['dir-name', 'a+b%2Fc%C3%A9', 'dir-name-encoded', '1', ':path', '/x'])
    assert.deepEqual(decodeTexts(metadata, 'dir-name'), ['a b/cé'])
    assert.equal(metadata.has(':path'), false)
  })
})

async function* cutInto(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.byteLength; start += size) yield bytes.subarray(start, start + size)
}

async function collect(messages: AsyncIterable<Uint8Array>): Promise<Buffer[]> {
  const got: Buffer[] = []
  for await (const message of messages) got.push(Buffer.from(message))
  return got
}
