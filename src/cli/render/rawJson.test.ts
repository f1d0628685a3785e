import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../../ground/digest.ts'
import type { ProgressEvent } from '../../progress/progressEvent.ts'
import { createRawJsonFold } from './rawJson.ts'

describe('raw JSON progress', () => {
  const vertex = digestOf('a')
  const input = digestOf('b')
  const events: readonly ProgressEvent[] = [
    { kind: 'vertex-announced', vertex, at: 0, name: '[1/2] FROM x', inputs: [input] },
    { kind: 'vertex-started', vertex, at: 1000 },
    { kind: 'vertex-progress', vertex, at: 1100, id: 'layer', action: 'extracting', currentBytes: 5, totalBytes: 10, state: 'running' },
    { kind: 'vertex-progress', vertex, at: 1200, id: 'layer', action: 'extracting', currentBytes: 10, totalBytes: 10, state: 'done' },
    { kind: 'vertex-log', vertex, at: 1300, stream: 'stderr', bytes: Buffer.from('hi') },
    { kind: 'vertex-done', vertex, at: 2000, outcome: { kind: 'cached' } },
  ]
  const time = (milliseconds: number): string => new Date(milliseconds).toISOString()

  it('writes BuildKit\'s SolveStatus, one a line', () => {
    const fold = createRawJsonFold()
    const lines = events.map((event) => JSON.parse(fold.apply(event)) as unknown)
    const known = { digest: vertex, inputs: [input], name: '[1/2] FROM x' }
    const status = { id: 'layer', vertex, name: 'extracting', total: 10, started: time(1100) }
    assert.deepEqual(lines, [
      { vertexes: [known] },
      { vertexes: [{ ...known, started: time(1000) }] },
      { statuses: [{ ...status, current: 5, timestamp: time(1100) }] },
      { statuses: [{ ...status, current: 10, timestamp: time(1200), completed: time(1200) }] },
      { logs: [{ vertex, stream: 2, data: 'aGk=', timestamp: time(1300) }] },
      { vertexes: [{ ...known, started: time(1000), completed: time(2000), cached: true }] },
    ])
  })
})
