import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { UsageError } from '../flags/usageError.ts'
import { parseCall } from './frontendCall.ts'

describe('parseCall', () => {
  const lint = { requestId: 'frontend.lint', format: 'text', ignoresStatus: false } as const
  const cases = [
    { name: 'a build', call: 'build', check: false, want: undefined },
    { name: '--check', call: 'build', check: true, want: lint },
    { name: 'a check', call: 'check', check: false, want: lint },
    { name: 'a check by its other name, twice', call: 'lint', check: true, want: lint },
    { name: 'JSON', call: 'outline,format=json', check: false, want: { ...lint, requestId: 'frontend.outline', format: 'json' } },
    { name: 'the long name', call: 'frontend.targets,format=text', check: false, want: { ...lint, requestId: 'frontend.targets' } },
    { name: 'a status that is no matter', call: 'check,ignorestatus=true', check: false, want: { ...lint, ignoresStatus: true } },
    { name: 'what can be asked', call: 'subrequests.describe', check: false, want: { ...lint, requestId: 'frontend.subrequests.describe' } },
  ]
  for (const { name, call, check, want } of cases) it(`reads ${name}`, () => assert.deepEqual(parseCall({ call, check }), want))
  for (const { call, check } of [{ call: 'foo', check: false }, { call: 'check,format=xml', check: false }, { call: 'check,x', check: false }, { call: 'build,format=json', check: false }, { call: 'outline', check: true }]) {
    it(`refuses ${call}${check ? ' with --check' : ''}`, () => assert.throws(() => parseCall({ call, check }), UsageError))
  }
})
