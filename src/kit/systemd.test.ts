import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { openNotifySocket } from '../../test/support/servers/notifySocket.ts'
import { activatedSockets, notifySystemd, withoutSystemd } from './systemd.ts'

describe('activatedSockets', () => {
  const cases = [
    { name: 'numbers them from 3 on', env: { LISTEN_PID: '7', LISTEN_FDS: '2', LISTEN_FDNAMES: 'api:' }, sockets: [{ fd: 3, name: 'api' }, { fd: 4, name: 'unknown' }] },
    { name: 'does without names', env: { LISTEN_PID: '7', LISTEN_FDS: '1' }, sockets: [{ fd: 3, name: 'unknown' }] },
    { name: 'leaves alone what is another process’s', env: { LISTEN_PID: '8', LISTEN_FDS: '1' }, sockets: [] },
    { name: 'takes nonsense for none', env: { LISTEN_PID: '7', LISTEN_FDS: '1e9' }, sockets: [] },
    { name: 'finds none where there are none', env: {}, sockets: [] },
  ]
  for (const { name, env, sockets } of cases) it(name, () => assert.deepEqual(activatedSockets(env, 7), sockets))
})

it('withoutSystemd leaves the rest', () => assert.deepEqual(withoutSystemd({ LISTEN_FDS: '1', LISTEN_PID: '2', LISTEN_FDNAMES: '', NOTIFY_SOCKET: '/x', HOME: '/h' }), { HOME: '/h' }))

describe('notifySystemd', () => {
  for (const { name, prefix } of [{ name: 'a path', prefix: '/' }, { name: 'an abstract name', prefix: '@' }]) {
    it(`sends a datagram to ${name}`, (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'pelago-notify-'))
      const path = join(folder, 'notify')
      t.after(() => rmSync(folder, { recursive: true }))
      using systemd = openNotifySocket(prefix === '@' ? `@${path}` : path)
      notifySystemd({ NOTIFY_SOCKET: prefix === '@' ? `@${path}` : path }, 'READY=1')
      assert.equal(systemd.next(), 'READY=1')
    })
  }

  it('does nothing where nobody asks', () => assert.doesNotThrow(() => notifySystemd({}, 'READY=1')))
})
