import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatAge, formatBytes, formatDuration, formatShortDuration } from './measure.ts'

describe('formatBytes', () => {
  const cases = [
    [0, '0B'], [999, '999B'], [1000, '1kB'], [4_093_000, '4.09MB'], [28_000_000, '28MB'], [999_600, '1MB'], [100_000, '100kB'], [1_500_000_000, '1.5GB'],
  ] as const
  for (const [bytes, want] of cases) it(`writes ${bytes} as ${want}`, () => assert.equal(formatBytes(bytes), want))
})

describe('formatDuration', () => {
  const cases = [[0, '0.0s'], [312, '0.3s'], [99_900, '99.9s'], [125_000, '2m05s'], [3_780_000, '1h03m'], [-5, '0.0s']] as const
  for (const [milliseconds, want] of cases) it(`writes ${milliseconds} ms as ${want}`, () => assert.equal(formatDuration(milliseconds), want))
})

describe('formatShortDuration', () => {
  const cases = [[0.4, '0ms'], [312, '312ms'], [1200, '1.2s']] as const
  for (const [milliseconds, want] of cases) it(`writes ${milliseconds} ms as ${want}`, () => assert.equal(formatShortDuration(milliseconds), want))
})

describe('formatAge', () => {
  const cases = [[100, 'less than a second ago'], [1000, '1 second ago'], [7_200_000, '2 hours ago'], [86_400_000 * 40, '1 month ago']] as const
  for (const [milliseconds, want] of cases) it(`writes ${milliseconds} ms as ${want}`, () => assert.equal(formatAge(milliseconds), want))
})
