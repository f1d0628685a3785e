import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { describeSshFailure, lastLine } from './sshFailure.ts'

describe('describeSshFailure', () => {
  const cases = [
    { name: 'a host that is not known', said: 'Host key verification failed.', hint: /connect once by hand/, wantsAnswer: true },
    { name: 'a host whose key has changed', said: '@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.', hint: /ssh-keygen -R/, wantsAnswer: false },
    { name: 'a login that is refused', said: 'me@big: Permission denied (publickey).', hint: /authorized_keys.*ssh-add/, wantsAnswer: true },
    { name: 'a name that is none', said: 'ssh: Could not resolve hostname big: Name or service not known', hint: /Host entry/, wantsAnswer: false },
    { name: 'a port that nobody has', said: 'ssh: connect to host big port 22: Connection refused', hint: /sshd runs/, wantsAnswer: false },
    { name: 'a host that is off', said: 'ssh: connect to host big port 22: Connection timed out', hint: /firewall/, wantsAnswer: false },
    { name: 'what nobody foresaw', said: 'kex_exchange_identification: banner line contains invalid characters', hint: /ssh -v big true/, wantsAnswer: false },
  ]
  for (const { name, said, hint, wantsAnswer } of cases) {
    it(`tells ${name} in ssh’s own words`, () => {
      const failure = describeSshFailure('big', { exitCode: 255, said })
      assert.equal(failure.message, said.split('\n').at(-1))
      assert.match(failure.hint, hint)
      assert.equal(failure.wantsAnswer, wantsAnswer)
    })
  }
  it('tells what Pelago there says, and its hint', () => {
    const said = 'Welcome\nERROR: the engine did not start: no\nhint: install uidmap\n'
    assert.deepEqual(describeSshFailure('big', { exitCode: 125, said }), { message: 'the engine did not start: no', hint: 'on big: install uidmap', wantsAnswer: false })
  })
  it('tells the exit code of a program that says nothing', () => assert.match(describeSshFailure('big', { exitCode: 3, said: '' }).message, /exit code 3/))
})

describe('lastLine', () => {
  it('is what matters, without what would move a cursor', () => assert.equal(lastLine('oh\u001b[2J no\r\nWarning: Permanently added x to the list of known hosts.\r\n'), 'oh [2J no'))
})
