import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { attestAttributes, type AttestFlags } from './attests.ts'

const NONE: AttestFlags = { attest: [], provenance: undefined, sbom: undefined }

describe('attestAttributes', () => {
  const cases: readonly { readonly name: string; readonly flags: Partial<AttestFlags>; readonly want: Readonly<Record<string, string>> }[] = [
    { name: 'asks for nothing unasked', flags: {}, want: {} },
    { name: 'takes true for the default', flags: { provenance: 'true', sbom: '1' }, want: { 'attest:provenance': '', 'attest:sbom': '' } },
    { name: 'does not ask for what is switched off', flags: { provenance: 'false', attest: ['type=sbom,disabled=true'] }, want: {} },
    { name: 'passes fields on', flags: { attest: ['type=provenance,mode=max,"builder-id=a,b"'], sbom: 'generator=x/y' }, want: { 'attest:provenance': 'mode=max,"builder-id=a,b"', 'attest:sbom': 'generator=x/y' } },
    { name: 'lets the short flag win', flags: { provenance: 'false', attest: ['type=provenance,mode=max', 'type=sbom'] }, want: { 'attest:sbom': '' } },
    { name: 'leaves out that something is not switched off', flags: { provenance: 'mode=min,disabled=false' }, want: { 'attest:provenance': 'mode=min' } },
  ]
  for (const { name, flags, want } of cases) it(name, () => assert.deepEqual(Object.fromEntries(attestAttributes({ ...NONE, ...flags })), want))

  const refused = [
    { flags: { attest: ['mode=max'] }, message: /it has no type/ },
    { flags: { attest: ['type=vex'] }, message: /unknown type "vex"/ },
    { flags: { provenance: 'max' }, message: /"max" is no KEY=VALUE/ },
    { flags: { attest: ['type=provenance,mode=max', 'type=provenance,mode=min'] }, message: /provenance is asked for twice/ },
  ]
  for (const { flags, message } of refused) it(`refuses ${JSON.stringify(flags)}`, () => assert.throws(() => attestAttributes({ ...NONE, ...flags }), { name: 'UsageError', message }))
})
