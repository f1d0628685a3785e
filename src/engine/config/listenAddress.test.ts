import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InvalidValueError } from '../../ground/errors.ts'
import { formatTcpAddress, parseListenAddress } from './listenAddress.ts'

describe('parseListenAddress', () => {
  const cases = [
    { text: 'unix:///run/x.sock', address: { kind: 'unix', path: '/run/x.sock' } },
    { text: 'tcp://0.0.0.0:1234', address: { kind: 'tcp', host: '0.0.0.0', port: 1234 } },
    { text: 'tcp://[::1]:1', address: { kind: 'tcp', host: '::1', port: 1 } },
    { text: 'tcp://build.example.com:8372/', address: { kind: 'tcp', host: 'build.example.com', port: 8372 } },
    { text: 'tcp://:1234', address: { kind: 'tcp', host: '::', port: 1234 } },
    { text: 'fd://', address: { kind: 'fd', name: undefined } },
    { text: 'fd://api', address: { kind: 'fd', name: 'api' } },
    { text: 'fd://3', address: { kind: 'fd', name: '3' } },
  ] as const
  for (const { text, address } of cases) it(`reads ${text}`, () => assert.deepEqual(parseListenAddress(text), address))

  for (const text of ['', 'unix://run/x.sock', '/run/x.sock', 'tcp://host', 'tcp://host:65536', 'tcp://user@host:1', 'tcp://host:1/path', 'http://host:1', 'npipe://x']) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseListenAddress(text), InvalidValueError))
  }

  it('offers the scheme to a path', () => assert.throws(() => parseListenAddress('/run/x.sock'), { hint: /did you mean unix:\/\/\/run\/x\.sock\?/ }))
})

describe('formatTcpAddress', () => {
  it('brackets an IPv6 address', () => assert.equal(formatTcpAddress('::1', 5), 'tcp://[::1]:5'))
})
