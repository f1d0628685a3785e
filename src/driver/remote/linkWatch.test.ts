import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { watchLink } from './linkWatch.ts'

/** A link whose bytes so far are told look by look, and what the watch did at each. */
function watched(reads: readonly number[], tick: (ms: number) => void): readonly string[] {
  const log: string[] = []
  let look = 0
  const watch = watchLink({ bytesRead: () => reads[look] ?? 0, ask: () => void log.push(`ask ${look}`), giveUp: (silentMs) => void log.push(`give up ${look} after ${silentMs}`) }, 1000)
  for (look = 1; look < reads.length; look++) tick(1000)
  watch[Symbol.dispose]()
  return log
}

describe('watchLink', () => {
  const cases = [
    { name: 'asks nothing of a link that speaks', reads: [0, 1, 2, 3, 4, 5], want: [] },
    { name: 'asks one that is silent, and is content with any answer', reads: [0, 5, 5, 6, 6, 7], want: ['ask 2', 'ask 4'] },
    { name: 'gives up after three silences in a row, once', reads: [5, 5, 5, 5, 5, 5], want: ['ask 1', 'ask 2', 'give up 3 after 3000'] },
    { name: 'counts anew after an answer', reads: [5, 5, 5, 6, 6, 6, 7], want: ['ask 1', 'ask 2', 'ask 4', 'ask 5'] },
  ]
  for (const { name, reads, want } of cases) {
    it(name, (t) => {
      t.mock.timers.enable({ apis: ['setInterval'] })
      assert.deepEqual(watched(reads, (ms) => t.mock.timers.tick(ms)), want)
    })
  }
})
