import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../../ground/digest.ts'
import type { ProgressEvent, VertexOutcome } from '../../progress/progressEvent.ts'
import { createTargetEvents } from './targetEvents.ts'

const vertex = digestOf('step')
const announced = (name: string): ProgressEvent => ({ kind: 'vertex-announced', vertex, at: 0, name, inputs: [] })
const started: ProgressEvent = { kind: 'vertex-started', vertex, at: 1 }
const done = (kind: Exclude<VertexOutcome['kind'], 'failed'>): ProgressEvent => ({ kind: 'vertex-done', vertex, at: 2, outcome: { kind } })
const warning: ProgressEvent = { kind: 'warning', vertex: undefined, at: 0, message: 'mind the gap', detail: [], url: undefined, span: undefined }

function told(events: readonly (readonly [target: string, event: ProgressEvent])[]): readonly ProgressEvent[] {
  const all: ProgressEvent[] = []
  const sinkOf = createTargetEvents((event) => all.push(event))
  for (const [target, event] of events) sinkOf(target)(event)
  return all
}

describe('the events of several targets', () => {
  const names = [
    ['[2/4] RUN make', '[app 2/4] RUN make'],
    ['[linux/arm64 build 1/2] COPY a /', '[app linux/arm64 build 1/2] COPY a /'],
    ['exporting to image', '[app] exporting to image'],
  ] as const
  for (const [name, want] of names) it(`call ${name} of app ${want}`, () => assert.deepEqual(told([['app', announced(name)]]), [announced(want)]))

  it('tell a step that two have in common once, as the one that was first', () => {
    const events = [['app', announced('[1/1] RUN x')], ['web', announced('[1/1] RUN x')], ['web', started], ['app', started], ['web', done('executed')], ['app', done('cached')]] as const
    assert.deepEqual(told(events), [announced('[app 1/1] RUN x'), started, done('executed')])
  })
  it('let another go on telling of a step that the first has given up', () => {
    const events = [['app', announced('[1/1] RUN x')], ['app', started], ['app', done('cancelled')], ['web', done('executed')]] as const
    assert.deepEqual(told(events), [announced('[app 1/1] RUN x'), started, done('cancelled'), done('executed')])
  })
  it('tell a warning once', () => assert.deepEqual(told([['app', warning], ['web', warning]]), [warning]))
})
