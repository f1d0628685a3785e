import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseProbe } from './launcherProbe.ts'

describe('the answer of pelago-ns --probe', () => {
  it('says of each facility whether it works, and why not', () => {
    const lines = '{"facility":"proc","works":true}\n{"facility":"overlay","works":false,"reason":"Operation \\"x\\""}\n'
    assert.deepEqual([...parseProbe(lines, '')], [['proc', { kind: 'works' }], ['overlay', { kind: 'fails', reason: 'Operation "x"' }]])
  })
  it('is its complaint where it could say nothing else', () => {
    assert.deepEqual([...parseProbe('', 'pelago-ns: cannot map user ids\n')], [['user-namespace', { kind: 'fails', reason: 'pelago-ns: cannot map user ids' }]])
  })
  it('of a program that was not built anew is that, with what to do', () => {
    assert.deepEqual([...parseProbe('', 'pelago-ns: usage: pelago-ns -- PROGRAM, or pelago-ns --probe\n')], [['user-namespace', { kind: 'fails', reason: 'pelago-ns is of another version than pelago; make -C native' }]])
  })
  it('is refused where it is no JSON', () => assert.throws(() => parseProbe('hello\n', ''), /not JSON/))
})
