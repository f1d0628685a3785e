import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InvalidValueError } from '../../ground/errors.ts'
import { parseRemoteOptions } from './remoteOptions.ts'

const read = (options: Readonly<Record<string, string>>, endpoint = 'tcp://big:1234'): ReturnType<typeof parseRemoteOptions> => parseRemoteOptions(new Map(Object.entries(options)), endpoint)

describe('parseRemoteOptions', () => {
  it('waits as long as buildx, without TLS, where nothing is said', () => assert.deepEqual(read({}, 'ssh://big'), { tls: undefined, timeoutMs: 20_000 }))
  it('reads the files of both sides', () => {
    assert.deepEqual(read({ cacert: '/ca', cert: '/c', key: '/k', servername: 'x', timeout: '1m', 'default-load': 'true' }), { tls: { cacert: '/ca', identity: { cert: '/c', key: '/k' }, servername: 'x' }, timeoutMs: 60_000 })
  })
  it('leaves the own certificate out where the engine wants none', () => assert.deepEqual(read({ cacert: '/ca' }).tls, { cacert: '/ca', identity: undefined, servername: undefined }))

  const refused = [
    { options: { cacert: 'ca.pem' }, message: /no absolute path/ },
    { options: { cert: '/c' }, message: /needs --driver-opt cacert, key too/ },
    { options: { cacert: '/ca', key: '/k' }, message: /needs --driver-opt cert too/ },
    { options: { servername: 'x' }, message: /needs --driver-opt cacert too/ },
    { options: { servrname: 'x' }, message: /servrname is no option/, hint: /servername/ },
    { options: { timeout: 'soon' }, message: /invalid duration/ },
    { options: { timeout: '0s' }, message: /invalid --driver-opt timeout/ },
    { options: { 'default-load': '1' }, message: /invalid --driver-opt default-load/ },
    { options: { cacert: '/ca' }, endpoint: 'ssh://big', message: /cacert is for tcp:\/\/ only/ },
  ]
  for (const { options, endpoint, message, hint } of refused) {
    it(`refuses ${JSON.stringify(options)} for ${endpoint ?? 'tcp://'}`, () => {
      assert.throws(() => read(options, endpoint), (error) => error instanceof InvalidValueError && message.test(error.message) && (hint ?? /./).test(error.hint ?? ''))
    })
  }
})
