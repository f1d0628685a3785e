import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { digestOf } from '../../ground/digest.ts'
import { formatCacheConfig, layersOf, parseCacheConfig, type CacheConfig } from './cacheConfig.ts'

const digest = fc.string().map((text) => digestOf(text))
const place = fc.nat(9)
const result = fc.oneof(
  fc.record({ kind: fc.constant('layer' as const), layer: place, createdAt: fc.constant(undefined) }),
  fc.record({ kind: fc.constant('layers' as const), layers: fc.array(place), createdAt: fc.constant(undefined) }),
)
const config: fc.Arbitrary<CacheConfig> = fc.record({
  layers: fc.array(fc.record({ blob: digest, parent: fc.option(place, { nil: undefined }), facts: fc.constant(undefined) })),
  records: fc.array(fc.record({ digest, inputs: fc.array(fc.array(fc.record({ selector: fc.string(), link: fc.nat(9) }), { minLength: 1 })), results: fc.array(result, { maxLength: 1 }) })),
})

describe('a cache config', () => {
  it('is read as it was written', () => {
    fc.assert(fc.property(config, (value) => assert.deepEqual(parseCacheConfig(formatCacheConfig(value)), structuredClone(value))))
  })

  it('has a parent of 0 where BuildKit leaves it out', () => {
    const { layers } = parseCacheConfig(Buffer.from(JSON.stringify({ layers: [{ blob: digestOf('a'), parent: -1 }, { blob: digestOf('b') }] })))
    assert.deepEqual(layers.map(({ parent }) => parent), [undefined, 0])
  })

  const blob = (parent: number | undefined): CacheConfig['layers'][number] => ({ blob: digestOf('x'), parent, facts: undefined })
  const cases = [
    { name: 'a chain, lowest first', layers: [blob(undefined), blob(0), blob(1)], want: [0, 1, 2] },
    { name: 'nothing where they go in a circle', layers: [blob(2), blob(0), blob(1)], want: undefined },
    { name: 'nothing where one is not there', layers: [blob(7), blob(0), blob(1)], want: undefined },
  ]
  for (const { name, layers, want } of cases) it(`gives of a result’s layers ${name}`, () => assert.deepEqual(layersOf({ layers }, { kind: 'layer', layer: 2, createdAt: undefined }), want))

  for (const text of ['', '[]', '{"records":1}', '{"records":[{}]}', '{"layers":[{"blob":"sha256:x"}]}', `{"records":[{"digest":"${digestOf('')}","inputs":[[{"selector":"a"}]]}]}`]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseCacheConfig(Buffer.from(text)), { name: 'ImageInvalidError' }))
  }
})
