import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../../ground/digest.ts'
import type { ProgressEvent } from '../../progress/progressEvent.ts'
import { createNodeEvents } from './nodeEvents.ts'

const vertex = digestOf('step')
const announced: ProgressEvent = { kind: 'vertex-announced', vertex, at: 0, name: '[linux/arm64 2/4] RUN make', inputs: [digestOf('base')] }
const started: ProgressEvent = { kind: 'vertex-started', vertex, at: 1 }
const done: ProgressEvent = { kind: 'vertex-done', vertex, at: 2, outcome: { kind: 'executed' } }

describe('the events of nodes', () => {
  it('say whose they are, and are not the same on two nodes', () => {
    const told: ProgressEvent[] = []
    for (const name of ['a', 'b']) createNodeEvents(name, (event) => told.push(event)).sink(announced)
    const [first, second] = told.map((event) => (event.kind === 'vertex-announced' ? event : assert.fail(event.kind)))
    assert.deepEqual([first?.name, second?.name], ['[a linux/arm64 2/4] RUN make', '[b linux/arm64 2/4] RUN make'])
    assert.notEqual(first?.vertex, second?.vertex)
    assert.notDeepEqual(first?.inputs, second?.inputs)
  })
  it('end what was going on where the node is lost, and that alone', () => {
    const told: ProgressEvent[] = []
    const events = createNodeEvents('a', (event) => told.push(event))
    const other = digestOf('other')
    for (const event of [started, done, { ...started, vertex: other }]) events.sink(event)
    told.length = 0
    events.lost(5)
    events.lost(6)
    assert.deepEqual(told.map((event) => event.kind === 'vertex-done' && event.outcome), [{ kind: 'cancelled' }])
  })
})
