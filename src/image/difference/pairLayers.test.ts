import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { pairLayers, type LayerIdentity } from './pairLayers.ts'

/** `a:RUN x` is a layer of the content a that `RUN x` made. */
function layers(text: string): readonly LayerIdentity[] {
  return text.split(' ').filter((word) => word !== '').map((word) => ({ diffId: word.split(':')[0] ?? '', step: word.split(':')[1] ?? '' }))
}

describe('pairLayers', () => {
  const cases = [
    { name: 'equal layers', first: 'a:1 b:2', second: 'a:1 b:2', want: '0-0 1-1' },
    { name: 'layers of the same step', first: 'a:1 b:2 c:3', second: 'a:1 x:2 c:3', want: '0-0 1-1 2-2' },
    { name: 'what follows on a layer that only the second has', first: 'a:1 b:2', second: 'a:1 x:9 b:2', want: '0-0 _-1 1-2' },
    { name: 'steps, where a new one stands between them and all layers changed', first: 'a:1 b:2 c:3', second: 'x:1 y:9 z:2 w:3', want: '0-0 _-1 1-2 2-3' },
    { name: 'the rest as it stands', first: 'a:1 b:2', second: 'x:8 y:9', want: '0-0 1-1' },
    { name: 'nothing with what is too much', first: 'a:1 b:2 c:3', second: 'a:1', want: '0-0 1-_ 2-_' },
    { name: 'nothing with an image without layers', first: '', second: 'a:1', want: '_-0' },
    { name: 'equal layers that were moved, once', first: 'a:1 b:2', second: 'b:2 a:1', want: '0-_ 1-0 _-1' },
  ]
  for (const { name, first, second, want } of cases) {
    it(`pairs ${name}`, () => assert.equal(pairLayers(layers(first), layers(second)).map((pair) => `${pair.first ?? '_'}-${pair.second ?? '_'}`).join(' '), want))
  }
  it('has every layer once, in order', () => {
    const image = fc.array(fc.record({ diffId: fc.constantFrom('a', 'b', 'c'), step: fc.constantFrom('1', '2') }), { maxLength: 8 })
    fc.assert(
      fc.property(image, image, (first, second) => {
        const pairs = pairLayers(first, second)
        assert.deepEqual(pairs.flatMap((pair) => pair.first ?? []), [...first.keys()])
        assert.deepEqual(pairs.flatMap((pair) => pair.second ?? []), [...second.keys()])
      }),
    )
  })
})
