import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BuildError } from '../../ground/errors.ts'
import { parseFlags } from '../flags/flags.ts'
import { serve } from '../commands/engine/serve.ts'
import { planServe, type ServeFlags, type ServePlan, type ServeSurroundings } from './servePlan.ts'

const surroundings: ServeSurroundings = { env: { HOME: '/home/u', XDG_RUNTIME_DIR: '/run/user/7' }, workingFolder: '/here', userId: 7, activated: [], isDebug: false }
const plan = (line: string, more: Partial<ServeSurroundings> = {}): Promise<ServePlan> => {
  const { flags } = parseFlags(serve.flags, line.split(' ').filter((word) => word !== ''), { commandName: 'pelago serve' })
  return planServe(flags as unknown as ServeFlags, { ...surroundings, ...more })
}
const activated = [{ fd: 3, name: 'api' }, { fd: 4, name: 'net' }]

describe('planServe', () => {
  const listeners = [
    { name: 'a user’s own socket', line: '', more: {}, expected: [{ kind: 'unix', path: '/run/user/7/pelago/buildkitd.sock', isShared: false }] },
    { name: 'root’s', line: '', more: { userId: 0 }, expected: [{ kind: 'unix', path: '/run/pelago/buildkitd.sock', isShared: false }] },
    { name: 'what systemd has opened, without being asked', line: '', more: { activated }, expected: [{ kind: 'inherited', fd: 4, name: 'api' }, { kind: 'inherited', fd: 5, name: 'net' }] },
    { name: 'the one of them that is named', line: '--addr fd://net', more: { activated }, expected: [{ kind: 'inherited', fd: 4, name: 'net' }] },
    { name: 'the one of them that is numbered', line: '--addr fd://4', more: { activated }, expected: [{ kind: 'inherited', fd: 4, name: 'net' }] },
    { name: 'a socket of a group', line: '--addr unix:///s --group 12', more: {}, expected: [{ kind: 'unix', path: '/s', isShared: true }] },
    { name: 'loopback without TLS', line: '--addr tcp://[::1]:7', more: {}, expected: [{ kind: 'tcp', host: '::1', port: 7 }] },
  ] as const
  for (const { name, line, more, expected } of listeners) {
    it(`listens at ${name}`, async () => assert.deepEqual((await plan(line, more)).settings.listeners, expected))
  }

  it('hands over the files that listeners speak of', async () => assert.deepEqual((await plan('--addr fd://net --addr fd://api', { activated })).files, [4, 3]))
  it('puts the store where it is told, from where it is called', async () => assert.equal((await plan('--root store')).root, '/here/store'))

  const mistakes = [
    { name: 'TCP for all without certificates', line: '--addr tcp://0.0.0.0:0', says: /needs mutual TLS/ },
    { name: 'TCP at all addresses without certificates', line: '--addr tcp://:1234', says: /needs mutual TLS/ },
    { name: 'half of the certificates', line: '--tlscert x.pem', says: /no --tlscacert, no --tlskey/ },
    { name: 'certificates that are not there', line: '--tlscert x --tlskey y --tlscacert z', says: /cannot read \/here\/x/ },
    { name: 'sockets that systemd did not give', line: '--addr fd://', says: /systemd has opened no sockets/ },
    { name: 'an entitlement that there is not', line: '--allow-insecure-entitlement all', says: /invalid entitlement: "all"/ },
    { name: 'a group that there is not', line: '--group no-such-group', says: /there is no group "no-such-group"/ },
    { name: 'to share a socket where nobody gets to', line: '--group 12', says: /nobody else gets to the folder/ },
    { name: 'a label without a value', line: '--oci-worker-labels x', says: /invalid --oci-worker-labels: "x"/ },
  ]
  for (const { name, line, says } of mistakes) {
    it(`refuses ${name}`, () => assert.rejects(plan(line), (error) => error instanceof BuildError && error.kind === 'usage' && says.test(error.message)))
  }

  it('refuses a user without a folder for sockets', () => assert.rejects(plan('', { env: {} }), /there is no XDG_RUNTIME_DIR/))
  it('refuses a socket of systemd’s that there is not', () => assert.rejects(plan('--addr fd://x', { activated }), { hint: 'it has api, net' }))
})
