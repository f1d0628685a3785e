import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readHardLimits, toRlimits } from './rlimits.ts'

describe('limits', () => {
  const own = new Map([['Max open files', 1000], ['Max core file size', Infinity]])
  const cases: readonly (readonly [title: string, name: string, asked: readonly [number, number], given: readonly [number, number]])[] = [
    ['within the own ones are given', 'nofile', [10, 20], [10, 20]],
    ['above the own hard one are lowered to it', 'nofile', [10, 5000], [10, 1000]],
    ['of -1 are the most there is', 'nofile', [-1, -1], [1000, 1000]],
    ['of -1 are none where there is none', 'core', [0, -1], [0, Number.MAX_SAFE_INTEGER]],
  ]
  for (const [title, name, [soft, hard], given] of cases) {
    it(title, () => assert.deepEqual(toRlimits([{ name, soft, hard }], own), [{ type: `RLIMIT_${name.toUpperCase()}`, soft: given[0], hard: given[1] }]))
  }
  it('by an unknown name are refused', () => {
    assert.throws(() => toRlimits([{ name: 'files', soft: 1, hard: 1 }], own), { name: 'InvalidValueError', message: 'unknown ulimit: "files"' })
  })
  it('are read from the kernel', async () => {
    const limits = await readHardLimits()
    assert.ok((limits.get('Max open files') ?? 0) > 0)
    assert.equal(limits.has('Max realtime timeout'), true)
  })
})
