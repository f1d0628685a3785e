import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveSubjects, type AttestedSubject } from './subject.ts'

describe('subjects of an attestation', () => {
  const exported = [{ name: 'a', digest: { sha256: '1' } }, { name: 'b', digest: { sha256: '2' } }]
  const other: AttestedSubject = { kind: 'other', subject: { name: 'x', digest: { sha512: '3' } } }
  const cases: readonly { readonly name: string; readonly attested: readonly AttestedSubject[] | undefined; readonly names: readonly string[] }[] = [
    { name: 'are what is exported where none is named', attested: undefined, names: ['a 1', 'b 2'] },
    { name: 'are what is exported where the list is empty', attested: [], names: ['a 1', 'b 2'] },
    { name: 'may have one more name', attested: [{ kind: 'exported', alias: 'mine' }], names: ['a 1', 'mine 1', 'b 2', 'mine 2'] },
    { name: 'may be something else alone', attested: [other], names: ['x 3'] },
    { name: 'may be both', attested: [other, { kind: 'exported', alias: '' }], names: ['x 3', 'a 1', 'b 2'] },
  ]
  for (const { name, attested, names } of cases) it(name, () => assert.deepEqual(resolveSubjects(attested, exported).map((subject) => `${subject.name} ${Object.values(subject.digest).join()}`), names))
})
