import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../../ground/digest.ts'
import { rootKey } from '../cacheKey.ts'
import { createImportedKeys, type ImportedRecord } from './importedKeys.ts'

const record = (name: string, inputs: ImportedRecord['inputs'] = [], results: readonly string[] = []): ImportedRecord => ({ digest: rootKey(digestOf(name), 0), inputs, results })
const link = (name: string, input = 0, selector = ''): { input: number; output: number; digest: ReturnType<typeof digestOf>; selector: string } => ({ input, output: 0, digest: digestOf(name), selector })
const BASE = rootKey(digestOf('base'), 0)

describe('imported keys', () => {
  it('lead from the keys of inputs to results, in whatever order they were written', () => {
    const keys = createImportedKeys([record('top', [[{ record: 1, selector: '/a' }]], ['result']), record('step', [[{ record: 2, selector: '' }]]), record('base')])
    const [step] = keys.follow(BASE, link('step'))
    assert.ok(step !== undefined)
    const top = keys.follow(step, link('top', 0, '/a'))
    assert.deepEqual([keys.results(top), keys.results([step]), keys.follow(step, link('top'))], [['result'], [], []])
    assert.deepEqual(keys.leadsTo(step), [{ parent: BASE, input: 0, selector: '' }])
    keys.removeResult('result')
    assert.deepEqual(keys.results(top), [])
  })

  it('are the same for two imports of the same', () => {
    const records = [record('base'), record('step', [[{ record: 0, selector: '' }]])]
    const [first, second] = [createImportedKeys(records), createImportedKeys(records.toReversed().map(({ inputs, ...rest }) => ({ ...rest, inputs: inputs.map((ways) => ways.map((way) => ({ ...way, record: 1 }))) })))]
    assert.deepEqual(first.follow(BASE, link('step')), second.follow(BASE, link('step')))
  })

  const useless: readonly { readonly name: string; readonly records: readonly ImportedRecord[] }[] = [
    { name: 'lead to themselves', records: [record('step', [[{ record: 0, selector: '' }]])] },
    { name: 'lead to each other', records: [record('step', [[{ record: 1, selector: '' }]]), record('other', [[{ record: 0, selector: '' }]])] },
    { name: 'name one that is not there', records: [record('base'), record('step', [[{ record: 0, selector: '' }], [{ record: 9, selector: '' }]])] },
  ]
  for (const { name, records } of useless) it(`leave out records that ${name}`, () => assert.deepEqual(createImportedKeys(records).follow(BASE, link('step')), []))

  it('may be as deep as they like', () => {
    const deep = Array.from({ length: 50_000 }, (_, index) => record(`s${index}`, index === 0 ? [] : [[{ record: index - 1, selector: '' }]], [`r${index}`]))
    let keys = [rootKey(digestOf('s0'), 0)]
    const imported = createImportedKeys(deep)
    for (let index = 1; index < 50_000; index += 1) keys = keys.flatMap((key) => [...imported.follow(key, link(`s${index}`))])
    assert.deepEqual(imported.results(keys), ['r49999'])
  })
})
