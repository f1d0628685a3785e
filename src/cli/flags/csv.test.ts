import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { splitCsv, splitKeyValue } from './csv.ts'
import { UsageError } from './usageError.ts'

describe('splitCsv', () => {
  const cases = [
    { text: 'type=local,dest=out', want: ['type=local', 'dest=out'] },
    { text: 'type=local,"dest=a,b"', want: ['type=local', 'dest=a,b'] },
    { text: '"a ""quoted"" word"', want: ['a "quoted" word'] },
    { text: 'a,,b', want: ['a', '', 'b'] },
    { text: 'a,', want: ['a', ''] },
    { text: '', want: [''] },
    { text: 'a"b', want: ['a"b'] },
  ]
  for (const { text, want } of cases) it(`splits ${text}`, () => assert.deepEqual(splitCsv(text), want))
  for (const text of ['"a', '"a"b', 'a,"b']) it(`refuses ${text}`, () => assert.throws(() => splitCsv(text), UsageError))
  it('gives back what was quoted', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (fields) => {
        assert.deepEqual(splitCsv(fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(',')), fields)
      }),
    )
  })
})

describe('splitKeyValue', () => {
  it('splits at the first =', () => assert.deepEqual(splitKeyValue('a=b=c'), { key: 'a', value: 'b=c' }))
  it('tells no value from an empty one', () => {
    assert.deepEqual(splitKeyValue('a'), { key: 'a', value: undefined })
    assert.deepEqual(splitKeyValue('a='), { key: 'a', value: '' })
  })
})
