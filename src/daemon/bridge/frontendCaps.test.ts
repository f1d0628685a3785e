import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { FRONTEND_CAPS } from './frontendCaps.ts'

/** Where calls are put to the test. */
const TESTS = ['../llbBridge.test.ts', 'containerProcesses.test.ts', '../../../test/integration/gateway.test.ts', '../../../test/parity/llbQuestions.ts']

/** What a test has to say for a capability to be tried. */
const SIGNS: ReadonlyMap<string, RegExp> = new Map([
  ['solve.base', /bridge\.solve\(/], ['importcaches', /CacheImports/], ['proto.refarray', /allowResultArrayRef/], ['reference.output', /\.def\b/], ['frontend.caps', /'frontend\.caps'/], ['frontend.inputs', /FrontendInputs/],
  ['gateway.solve.metadata', /metadata\['refs\.platforms'\]/], ['gateway.solve.evaluate', /Evaluate: true/], ['gateway.evaluate', /bridge\.evaluate\(/],
  ['return', /bridge\.return\(/], ['returnmap', /case: 'refs', value: \{ refs \}/], ['reference.attestations', /inTotoPredicateType:/], ['readfile', /bridge\.readFile\(/], ['readdir', /bridge\.readDir\(/], ['statfile', /bridge\.statFile\(/],
  ['resolveimage', /bridge\.resolveImageConfig\(/], ['resolveimage.resolvemode', /ResolveMode: '/], ['source.metaresolver', /bridge\.resolveSourceMeta\(/], ['gateway.warnings', /bridge\.warn\(/],
  ['gateway.exec', /bridge\.execProcess\(/], ['gateway.exec.extrahosts', /extraHosts: \[\{/], ['gateway.exec.secretenv', /secretenv: \[\{/], ['gateway.exec.signals', /case: 'Signal'/], ['gateway.exec.filesystem', /bridge\.readFileContainer\(/],
])

describe('what of LLBBridge is claimed', () => {
  const texts = TESTS.map((path) => readFileSync(new URL(path, import.meta.url), 'utf8')).join('\n')
  it('is tried by a test, all of it', () => {
    assert.deepEqual([...FRONTEND_CAPS].filter((cap) => SIGNS.get(cap)?.test(texts) !== true), [])
  })
})
