import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseCgroupMemory, parseCgroupUsage } from './controlGroupFiles.ts'

describe('control groups', () => {
  it('tell microseconds in version 2', () => assert.equal(parseCgroupUsage('usage_usec 2500\nuser_usec 2000\nsystem_usec 500\n'), 2.5))
  it('tell nanoseconds in version 1', () => assert.equal(parseCgroupUsage('374584318\n'), 374.584318))
  it('tell memory without files in version 2', () => assert.equal(parseCgroupMemory('anon 1000\nfile 5000000\nshmem 24\n'), 1024))
  it('tell that of the whole tree in version 1', () => assert.equal(parseCgroupMemory('cache 9\nrss 1\nshmem 1\ntotal_cache 90\ntotal_rss 100\ntotal_shmem 11\n'), 111))
})
