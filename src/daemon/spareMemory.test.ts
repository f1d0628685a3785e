import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSpareMemory } from './spareMemory.ts'

const MIB = 1024 * 1024

describe('spare memory', () => {
  it('is given back meanwhile only where the process has grown since it was last given back', async () => {
    let [bytes, count] = [80 * MIB, 0]
    const memory = createSpareMemory({
      readBytes: () => bytes,
      async clear() {
        count += 1
        bytes -= 10 * MIB
      },
    })
    const counts: number[] = []
    for (const grownBytes of [23 * MIB, 1 * MIB, 0, 23 * MIB, 1 * MIB]) {
      bytes += grownBytes
      memory.giveBackMuch()
      await Promise.resolve()
      counts.push(count)
    }
    assert.deepEqual(counts, [0, 1, 1, 1, 2])
  })
  it('is given back however little it is where everything is', () => {
    let count = 0
    createSpareMemory({ readBytes: () => 80 * MIB, clear: async () => void (count += 1) }).giveBack()
    assert.equal(count, 1)
  })
})
