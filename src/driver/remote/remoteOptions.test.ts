import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InvalidValueError } from '../../ground/errors.ts'
import { parseRemoteOptions } from './remoteOptions.ts'

const read = (options: Readonly<Record<string, string>>): ReturnType<typeof parseRemoteOptions> => parseRemoteOptions(new Map(Object.entries(options)))

describe('parseRemoteOptions', () => {
  it('waits as long as buildx, without TLS, where nothing is said', () => assert.deepEqual(read({}), { tls: undefined, timeoutMs: 20_000, silenceMs: 15_000 }))
  it('reads the files of both sides', () => {
    assert.deepEqual(read({ cacert: '/ca', cert: '/c', key: '/k', servername: 'x', timeout: '1m', silence: '5s', 'default-load': 'true' }), { tls: { cacert: '/ca', identity: { cert: '/c', key: '/k' }, servername: 'x' }, timeoutMs: 60_000, silenceMs: 5_000 })
  })
  it('leaves the own certificate out where the engine wants none', () => assert.deepEqual(read({ cacert: '/ca' }).tls, { cacert: '/ca', identity: undefined, servername: undefined }))

  const refused = [
    { options: { cacert: 'ca.pem' }, message: /cacert does not take "ca.pem"/, hint: /whole/ },
    { options: { cert: '/c' }, message: /needs --driver-opt cacert, key too/ },
    { options: { cacert: '/ca', key: '/k' }, message: /needs --driver-opt cert too/ },
    { options: { servername: 'x' }, message: /needs --driver-opt cacert too/ },
    { options: { servrname: 'x' }, message: /servrname is not supported/, hint: /servername/ },
    { options: { timeout: 'soon' }, message: /invalid duration/ },
    { options: { silence: '0s' }, message: /silence does not take/ },
    { options: { timeout: '0s' }, message: /timeout does not take/ },
    { options: { 'default-load': '1' }, message: /default-load does not take/ },
  ]
  for (const { options, message, hint } of refused) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(() => read(options), (error) => error instanceof InvalidValueError && message.test(error.message) && (hint ?? /./).test(error.hint ?? ''))
    })
  }
})
