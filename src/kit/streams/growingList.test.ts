import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createGrowingList, type GrowingList } from './growingList.ts'

const signal = new AbortController().signal

interface Item {
  readonly name: string
}

async function namesOf(list: GrowingList<Item>, stop: AbortSignal = signal): Promise<string[]> {
  const names: string[] = []
  for await (const { name } of list.read(stop)) names.push(name)
  return names
}

describe('createGrowingList', () => {
  it('gives each reader all items, those that come later too', async () => {
    const list = createGrowingList<Item>()
    list.push({ name: 'a' })
    const early = namesOf(list)
    await Promise.resolve()
    list.push({ name: 'b' })
    list.push({ name: 'c' })
    const late = namesOf(list)
    list.end()
    assert.deepEqual([await early, await late, await namesOf(list)], [['a', 'b', 'c'], ['a', 'b', 'c'], ['a', 'b', 'c']])
  })

  it('tells of a failure behind what came before, and of the first end only', async () => {
    const list = createGrowingList<Item>()
    list.push({ name: 'a' })
    list.end(new Error('no more'))
    list.end()
    const seen: string[] = []
    await assert.rejects(async () => {
      for await (const { name } of list.read(signal)) seen.push(name)
    }, /no more/)
    assert.deepEqual(seen, ['a'])
  })

  it('throws the reason of an abort to who waits', async () => {
    const list = createGrowingList<Item>()
    const stop = new AbortController()
    const reading = namesOf(list, stop.signal)
    stop.abort(new Error('stopped'))
    await assert.rejects(reading, /stopped/)
  })
})
