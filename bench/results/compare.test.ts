import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compareOutcomes, findBehind } from './compare.ts'
import { joinReports } from './joinReports.ts'
import { parseReport } from './reportFile.ts'
import { MEASURED } from './testdata/measured.ts'

describe('a comparison', () => {
  it('has no ratios without BuildKit', () => assert.deepEqual(compareOutcomes([{ contestant: 'pelago', kind: 'measured', samples: [{ wallMs: 5, cpuMs: undefined, peakBytes: undefined }] }]), [{ contestant: 'pelago', figures: { wallMs: { median: 5, least: 5, most: 5 } }, ratios: {} }]))

  it('names the cases in which another builder takes less time, and only those', () => {
    assert.deepEqual(findBehind(MEASURED.cases), [
      { scenario: 'files', case: '10 files', peer: 'buildkit', times: 2 },
      { scenario: 'files', case: '100 files', peer: 'buildkit', times: 2 },
    ])
  })

  it('counts Pelago without twins, and not Pelago with twins among the others', () => {
    const outcomes = ([['pelago', 800], ['pelago-twins', 100], ['buildkit', 400]] as const).map(([contestant, wallMs]) => ({ contestant, kind: 'measured' as const, samples: [{ wallMs, cpuMs: undefined, peakBytes: undefined }] }))
    assert.deepEqual(findBehind([{ scenario: 'emulated', case: 'gzip', scale: 'small', outcomes }]), [{ scenario: 'emulated', case: 'gzip', peer: 'buildkit', times: 2 }])
  })
})

describe('a file of results', () => {
  it('is read back as it was', () => {
    const text = JSON.stringify(MEASURED)
    assert.equal(JSON.stringify(parseReport(text, 'results.json')), text)
  })
  for (const [name, text] of [['no JSON', '{'], ['something else', '{"cases":[]}'], ['a builder that is not known', JSON.stringify(MEASURED).replace('"buildah"', '"kaniko"')]] as const) {
    it(`is refused where it is ${name}`, () => assert.throws(() => parseReport(text, 'results.json'), /not the results of benchmarks: "results.json"/))
  }
})

describe('reports of several calls', () => {
  it('are one, in which a case that was measured again counts as it was last', () => {
    const again = { ...MEASURED, versions: { buildah: 'Buildah 1.28.2' }, tookMs: 9_000, cases: [{ scenario: 'files', case: '10 files', scale: 'small' as const, amount: 10, outcomes: [] }] }
    const joined = joinReports([MEASURED, again])
    assert.deepEqual(joined.cases.map(({ case: name, outcomes }) => [name, outcomes.length]), [['1 platform', 4], ['100 files', 3], ['10 files', 0]])
    assert.deepEqual([Object.keys(joined.versions), joined.tookMs], [['pelago', 'buildkit', 'buildah'], 70_000])
  })
})
