import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { HistoryEntry } from '../ground/oci/imageConfig.ts'
import { layerSteps } from './layerSteps.ts'

function entry(createdBy: string | undefined, emptyLayer = false): HistoryEntry {
  return { created: undefined, createdBy, author: undefined, comment: undefined, emptyLayer }
}

describe('layerSteps', () => {
  it('has a step for each entry with a layer, without what builders add', () => {
    const history = [entry('/bin/sh -c #(nop) ADD file:1 in / '), entry('ENV A=1', true), entry('RUN /bin/sh -c make # buildkit'), entry(undefined)]
    assert.deepEqual(layerSteps({ history }), ['ADD file:1 in / ', 'RUN /bin/sh -c make', ''])
  })
})
