import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InvalidValueError } from '../../ground/errors.ts'
import { parseRecordFilter, type UsageRecord } from './usageRecord.ts'

const LAYER: UsageRecord = { id: 'one', parent: undefined, type: 'regular', description: 'layer', sizeBytes: 1, createdAtMs: 0, lastUsedAtMs: 0, isInUse: false }
const CACHE: UsageRecord = { ...LAYER, id: 'two', parent: 'one', type: 'exec.cachemount', description: 'cached mount /root/.npm', isInUse: true }

describe('a filter of records', () => {
  const cases: readonly (readonly [texts: readonly string[], taken: readonly string[]])[] = [
    [[], ['one', 'two']],
    [[''], ['one', 'two']],
    [['type==exec.cachemount'], ['two']],
    [['type!=exec.cachemount'], ['one']],
    [['id==one', 'id==two'], ['one', 'two']],
    [['id==one,type==exec.cachemount'], []],
    [['description~=\\.npm$'], ['two']],
    [['inuse'], ['two']],
    [['mutable'], ['two']],
    [['immutable'], ['one']],
    [['parents==one'], ['two']],
  ]
  for (const [texts, taken] of cases) {
    it(`${JSON.stringify(texts)} takes ${JSON.stringify(taken)}`, () => assert.deepEqual([LAYER, CACHE].filter(parseRecordFilter(texts)).map(({ id }) => id), taken))
  }
  for (const text of ['size==1', 'type=regular', ',', 'id~=(']) it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseRecordFilter([text]), InvalidValueError))
})
