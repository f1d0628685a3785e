import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InvalidValueError } from '../../ground/errors.ts'
import { parseSshAddress } from './sshAddress.ts'

describe('parseSshAddress', () => {
  const good = [
    ['ssh://big', 'big||'],
    ['ssh://me@big.example.com:2222/run/buildkit/buildkitd.sock', 'big.example.com|me|2222|/run/buildkit/buildkitd.sock'],
    ['ssh://big/', 'big||'],
    ['ssh://[fe80::1%eth0]:22', 'fe80::1%eth0||22'],
  ] as const
  for (const [text, want] of good) {
    it(`reads ${text}`, () => {
      const { host, user, port, socket } = parseSshAddress(text)
      assert.equal([host, user, port, ...(socket === '' ? [] : [socket])].join('|'), want)
    })
  }

  const refused = [
    { text: 'ssh://', message: /names no host/ },
    { text: 'ssh:///run/x.sock', message: /names no host/ },
    { text: 'ssh://me:secret@big', message: /a password does not belong/ },
    { text: 'ssh://-oProxyCommand=x', message: /characters that no host has/ },
    { text: 'ssh://-l@big', message: /characters that no user has/ },
    { text: 'ssh://big:0', message: /a port is/ },
    { text: 'ssh://big:70000', message: /a port is/ },
    { text: "ssh://big/a'b", message: /the path of the socket/ },
    { text: 'ssh://big/a b', message: /the path of the socket/ },
    { text: 'ssh://big/$(reboot)', message: /the path of the socket/ },
    { text: 'ssh://big?x=y', message: /names no host/ },
  ]
  for (const { text, message } of refused) {
    it(`refuses ${text}`, () => assert.throws(() => parseSshAddress(text), (error) => error instanceof InvalidValueError && message.test(error.message) && !error.message.includes('secret')))
  }
})
