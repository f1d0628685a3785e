import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { InvalidValueError } from '../../ground/errors.ts'
import { createFrameReader, formatFrame } from './frame.ts'

describe('frames', () => {
  it('come out as they were sent, however the bytes are cut', () => {
    const frame = fc.record({ kind: fc.constantFrom('C', 'D', 'S'), body: fc.uint8Array({ maxLength: 40 }) })
    fc.assert(fc.property(fc.array(frame), fc.array(fc.nat(200)), (frames, cuts) => {
      const bytes = Buffer.concat(frames.map(({ kind, body }) => formatFrame(kind, body)))
      const edges = [0, ...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b), bytes.length]
      const read = createFrameReader()
      const found = edges.slice(1).flatMap((edge, index) => read(bytes.subarray(edges[index], edge)))
      assert.deepEqual(found.map(({ kind, body }) => [kind, [...body]]), frames.map(({ kind, body }) => [kind, [...body]]))
    }))
  })
  it('are refused where they say that they are huge', () => {
    assert.throws(() => createFrameReader()(Buffer.from([0x43, 0xff, 0, 0, 0])), InvalidValueError)
  })
})
