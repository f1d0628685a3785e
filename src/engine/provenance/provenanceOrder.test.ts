import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseProvenanceOrder } from './provenanceOrder.ts'

const DEFAULTS = { mode: 'max', version: 'v1', builderId: '', isReproducible: false, isInlineOnly: false, filename: 'provenance.json' }

describe('parseProvenanceOrder', () => {
  const cases = [
    { text: '', want: DEFAULTS },
    { text: 'mode=min,inline-only=true', want: { ...DEFAULTS, mode: 'min', isInlineOnly: true } },
    { text: 'mode=full,version=v0.2', want: { ...DEFAULTS, version: 'v0.2' } },
    { text: '"builder-id=https://ci/run?a=1,2",reproducible=1,filename=p.json', want: { ...DEFAULTS, builderId: 'https://ci/run?a=1,2', isReproducible: true, filename: 'p.json' } },
    { text: 'type=provenance,mode=min', want: { ...DEFAULTS, mode: 'min' } },
    { text: 'disabled=true', want: undefined },
    { text: 'disabled=false,mode=max', want: DEFAULTS },
  ]
  for (const { text, want } of cases) it(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(parseProvenanceOrder(text), want))

  const refused = [
    { text: 'mode=middle', message: /invalid value "middle" of "mode"/ },
    { text: 'version=v2', message: /invalid value "v2" of "version"/ },
    { text: 'reproducible=maybe', message: /invalid value "maybe" of "reproducible"/ },
    { text: 'mode', message: /"mode" is no key=value/ },
    { text: 'mode=min,mode=max', message: /mode is given twice/ },
    { text: 'type=sbom', message: /unknown field "type"/ },
    { text: 'generator=x', message: /unknown field "generator"/ },
    { text: 'filename=../x', message: /"..\/x" is no file name/ },
  ]
  for (const { text, message } of refused) it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseProvenanceOrder(text), { name: 'InvalidValueError', message }))
})
