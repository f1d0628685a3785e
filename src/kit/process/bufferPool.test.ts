import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { lendBuffers } from '../streams/chunkBuffers.ts'
import { emptyFreeBuffers, giveBackBuffer, takeBuffer } from './bufferPool.ts'

const MIB = 1024 * 1024

/* The pool is its process's, and other tests of one process fill it: so this file runs itself in another. */
if (process.env['PELAGO_POOL_TEST'] === undefined) {
  describe('the pool of buffers', () => {
    it('passes its tests in a process of its own', () => {
      const env = { ...process.env, PELAGO_POOL_TEST: '1', NODE_TEST_CONTEXT: undefined }
      const { status, stdout, stderr } = spawnSync(process.execPath, ['--test-reporter=spec', fileURLToPath(import.meta.url)], { env, encoding: 'utf8' })
      assert.equal(status, 0, stdout + stderr)
    })
  })
} else testPool()

// Two buffers are compared by hand: to describe how they differ took the assertion all memory there was
function testPool(): void {
  describe('buffers that are used again', () => {
    it('has one that was given back taken by the next who asks for that length', () => {
      const first = takeBuffer(MIB)
      giveBackBuffer(first)
      assert.ok(takeBuffer(MIB) === first)
      assert.ok(takeBuffer(MIB) !== first)
    })

    it('keeps a bounded number of them', () => {
      const all = Array.from({ length: 100 }, () => takeBuffer(MIB))
      all.forEach(giveBackBuffer)
      const again = new Set(Array.from({ length: 100 }, () => takeBuffer(MIB)))
      assert.equal(all.filter((buffer) => again.has(buffer)).length, 24)
    })

    it('has the memory of those that wait given back, and them as good as before', () => {
      const buffers = Array.from({ length: 24 }, () => takeBuffer(MIB).fill(1))
      const usedBytes = residentBytes()
      buffers.forEach(giveBackBuffer)
      emptyFreeBuffers()
      assert.ok(usedBytes - residentBytes() > 20 * MIB)
      const again = takeBuffer(MIB).fill(2)
      assert.ok(again.every((byte) => byte === 2))
    })

    it('leaves alone what stands beside them', () => {
      const buffers = Array.from({ length: 24 }, () => takeBuffer(MIB).fill(1))
      buffers.filter((_, index) => index % 2 === 0).forEach(giveBackBuffer)
      emptyFreeBuffers()
      assert.ok(buffers.filter((_, index) => index % 2 === 1).every((buffer) => buffer.every((byte) => byte === 1)))
    })
  })

  describe('buffers that are lent', () => {
    it('are the same ones for the next use, and not before the first is over', () => {
      const first = lendBuffers()
      const buffer = first.inTurn(3 * MIB, 2).next()
      using other = lendBuffers()
      assert.ok(other.take(3 * MIB) !== buffer)
      first[Symbol.dispose]()
      assert.ok(other.take(3 * MIB) === buffer)
    })
  })
}

/** Of this process, in memory. */
function residentBytes(): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024
}
