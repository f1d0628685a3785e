import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { StatusResponseSchema } from '../../api/gen/control_pb.ts'
import { decodeStatusLog, encodeStatusLog } from './statusLog.ts'

async function* cut(bytes: Uint8Array, sizeBytes: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.byteLength; start += sizeBytes) yield bytes.subarray(start, start + sizeBytes)
}

async function gather<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const gathered: T[] = []
  for await (const item of items) gathered.push(item)
  return gathered
}

describe('the log of a build', () => {
  it('is read back as it was written, however it comes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string()), fc.integer({ min: 1, max: 40 }), async (texts, sizeBytes) => {
        const messages = texts.map((text) => create(StatusResponseSchema, { logs: [{ vertex: 'sha256:a', msg: Buffer.from(text) }] }))
        const bytes = Buffer.concat(await gather(encodeStatusLog(messages)))
        const read = await gather(decodeStatusLog(cut(bytes, sizeBytes)))
        assert.deepEqual(read.map(({ logs }) => Buffer.from(logs[0]?.msg ?? []).toString()), texts)
      }),
    )
  })

  for (const { name, bytes } of [
    { name: 'ends inside a message', bytes: [9, 0, 0, 0, 1] },
    { name: 'ends inside a length', bytes: [9, 0] },
    { name: 'has a message without bounds', bytes: [255, 255, 255, 255, 0] },
    { name: 'has what is no message', bytes: [1, 0, 0, 0, 255] },
  ]) {
    it(`is refused where it ${name}`, async () => {
      await assert.rejects(gather(decodeStatusLog(cut(Uint8Array.from(bytes), 2))), { name: 'StatusLogError' })
    })
  }
})
