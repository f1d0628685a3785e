import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../ground/digest.ts'
import type { ProgressEvent } from '../progress/progressEvent.ts'
import { createBuildRecords } from './buildRecords.ts'

describe('build records', () => {
  const signal = new AbortController().signal
  const event = (name: string): ProgressEvent => ({ kind: 'vertex-announced', vertex: digestOf(name), at: 0, name, inputs: [] })

  it('gives one who comes late all that happened', async () => {
    const records = createBuildRecords()
    const record = records.open('a')
    record.sink(event('one'))
    record.sink(event('two'))
    record[Symbol.dispose]()
    assert.deepEqual(await names(records.follow('a', signal)), ['one', 'two'])
  })

  it('waits for a build that is announced after its listener', async () => {
    const records = createBuildRecords()
    const followed = names(records.follow('a', signal))
    const record = records.open('a')
    record.sink(event('one'))
    record[Symbol.dispose]()
    assert.deepEqual(await followed, ['one'])
  })

  it('lets several listen, each to everything', async () => {
    const records = createBuildRecords()
    const record = records.open('a')
    const both = [names(records.follow('a', signal)), names(records.follow('a', signal))]
    record.sink(event('one'))
    await Promise.resolve()
    record.sink(event('two'))
    record[Symbol.dispose]()
    assert.deepEqual(await Promise.all(both), [['one', 'two'], ['one', 'two']])
  })

  it('refuses a second build of one name', () => {
    const records = createBuildRecords()
    records.open('a')
    assert.throws(() => records.open('a'), { message: 'job ID exists: a' })
  })

  const text = 'x'.repeat(1024 * 1024)
  const long = [
    { name: 'message', warning: { message: text } },
    { name: 'detail', warning: { detail: ['', text] } },
    { name: 'source', warning: { span: { source: { filename: 'Dockerfile', text }, startLine: 1, endLine: 1 } } },
  ]
  for (const { name, warning } of long) {
    it(`drops the oldest warnings of a long ${name}`, () => {
      const record = createBuildRecords().open('a')
      for (let count = 0; count < 40; count += 1) record.sink({ kind: 'warning', vertex: undefined, at: count, message: '', detail: [], url: undefined, span: undefined, ...warning })
      assert.equal(record.events().length, 31)
      assert.equal(record.events().at(-1)?.at, 39)
    })
  }

  it('ends with the listener', async () => {
    const records = createBuildRecords()
    records.open('a')
    const controller = new AbortController()
    const followed = names(records.follow('a', controller.signal))
    controller.abort(new Error('gone'))
    await assert.rejects(followed, { message: 'gone' })
  })
})

async function names(batches: AsyncIterable<readonly ProgressEvent[]>): Promise<string[]> {
  const found: string[] = []
  for await (const batch of batches) for (const event of batch) if (event.kind === 'vertex-announced') found.push(event.name)
  return found
}
