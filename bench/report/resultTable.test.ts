import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MEASURED } from '../results/testdata/measured.ts'
import { formatGrowthTable } from './growthTable.ts'
import { formatMs, formatResultTable } from './resultTable.ts'

describe('a table of results', () => {
  it('has medians, spread and ratios, and says below who was not measured', () => {
    assert.deepEqual(formatResultTable(MEASURED.cases.slice(0, 1)).split('\n'), [
      'case         builder    wall     least–most      CPU      memory   × BuildKit   × its CPU   × its memory',
      '1 platform   Pelago     200 ms   100 ms–300 ms   100 ms   64 MiB   0.50         0.25        2.00',
      '             BuildKit   400 ms   400 ms–400 ms   400 ms   32 MiB   1.00         1.00        1.00',
      '             Buildah    1.60 s   1.60 s–1.60 s   –        –        4.00         –           –',
      'Docker’s own, 1 platform: builds one at a time',
      '',
    ])
  })

  it('marks what grows faster than the work', () => {
    assert.deepEqual(formatGrowthTable('files', MEASURED.cases.slice(1)).split('\n').slice(0, 3), [
      'growth by files   of       10 to 100',
      'Pelago            wall     1.00',
      'Pelago            CPU      2.00 OFF',
    ])
  })

  for (const [milliseconds, text] of [[87.4, '87 ms'], [1_240, '1.24 s'], [12_340, '12.3 s'], [183_000, '183 s']] as const) {
    it(`writes ${milliseconds} as ${text}`, () => assert.equal(formatMs(milliseconds), text))
  }
})
