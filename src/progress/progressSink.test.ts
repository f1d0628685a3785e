import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../ground/digest.ts'
import type { ProgressEvent } from './progressEvent.ts'
import { createBoundedSink, fanOut } from './progressSink.ts'

const vertex = digestOf('a')
const progress = (at: number, id = 'layer'): ProgressEvent => ({ kind: 'vertex-progress', vertex, at, id, action: '', currentBytes: at, totalBytes: 0, state: 'running' })
const log = (at: number, sizeBytes: number): ProgressEvent => ({ kind: 'vertex-log', vertex, at, stream: 'stdout', bytes: new Uint8Array(sizeBytes) })
const started: ProgressEvent = { kind: 'vertex-started', vertex, at: 0 }

async function collect(events: AsyncIterable<ProgressEvent>): Promise<readonly ProgressEvent[]> {
  const collected: ProgressEvent[] = []
  for await (const event of events) collected.push(event)
  return collected
}

describe('createBoundedSink', () => {
  it('gives events in order to a reader that came first', async () => {
    const bounded = createBoundedSink({ maxEvents: 10, maxLogBytes: 10 })
    const reading = collect(bounded.events)
    bounded.sink(started)
    bounded.sink(log(1, 1))
    bounded.close()
    assert.deepEqual(await reading, [started, log(1, 1)])
  })
  it('keeps of a part\'s progress the newest where there is too much', async () => {
    const bounded = createBoundedSink({ maxEvents: 10, maxLogBytes: 100 })
    bounded.sink(started)
    for (let at = 1; at <= 10; at++) bounded.sink(progress(at))
    bounded.close()
    assert.deepEqual(await collect(bounded.events), [started, progress(10)])
  })
  it('drops progress before output', async () => {
    const bounded = createBoundedSink({ maxEvents: 10, maxLogBytes: 100 })
    for (let at = 0; at < 5; at++) bounded.sink(log(at, 1))
    for (let at = 0; at < 6; at++) bounded.sink(progress(at, `layer ${at}`))
    bounded.close()
    assert.deepEqual(await collect(bounded.events), [0, 1, 2, 3, 4].map((at) => log(at, 1)))
  })
  it('drops the oldest output where it is too much, and never what happened', async () => {
    const bounded = createBoundedSink({ maxEvents: 100, maxLogBytes: 100 })
    bounded.sink(started)
    for (let at = 0; at < 11; at++) bounded.sink(log(at, 10))
    bounded.close()
    assert.deepEqual(await collect(bounded.events), [started, ...[6, 7, 8, 9, 10].map((at) => log(at, 10))])
  })
  it('drops what comes after its end', async () => {
    const bounded = createBoundedSink({ maxEvents: 10, maxLogBytes: 10 })
    bounded.close()
    bounded.sink(started)
    assert.deepEqual(await collect(bounded.events), [])
  })
})

describe('fanOut', () => {
  it('gives an event to all', () => {
    const seen: string[] = []
    fanOut([() => seen.push('a'), () => seen.push('b')])(started)
    assert.deepEqual(seen, ['a', 'b'])
  })
})
