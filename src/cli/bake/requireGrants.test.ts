import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { describe, it } from 'node:test'
import type { WantedGrant } from '../../project/bake/grants/grant.ts'
import type { CommandContext, InputStream } from '../command.ts'
import { requireGrants } from './requireGrants.ts'

const WANTED: readonly WantedGrant[] = [{ kind: 'fs.read', value: '/etc', purpose: 'target app: context' }, { kind: 'fs.read', value: '/etc/hostname', purpose: 'target app: dockerfile' }, { kind: 'ssh', value: '', purpose: 'target app: ssh default' }]

async function ask(answer: string | undefined, { allow = [], env = {} }: { readonly allow?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {}): Promise<string> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const input: InputStream = answer === undefined ? stdin : Object.assign(stdin, { isTTY: true })
  if (answer !== undefined) stdin.end(`${answer}\n`)
  const context: CommandContext = { commandName: 'pelago bake', env, workingFolder: '/nonexistent/here', openStdin: () => input, stdout, stderr, now: () => 0, builder: undefined, isDebug: false, claimSignals: () => ({ [Symbol.dispose]: () => undefined }) }
  await requireGrants({ wanted: WANTED, given: [], allow }, context, new AbortController().signal)
  return String(stderr.read() ?? '')
}

describe('requireGrants', () => {
  it('asks at a terminal, and goes on after a yes', async () => {
    const told = await ask('y')
    assert.match(told, /reading \/etc \(target app: context\)/)
    assert.match(told, /Grant it, and go on\? \[y\/N\]/)
  })
  it('refuses after a no, and says how to grant it', async () => {
    await assert.rejects(ask('n'), { name: 'UsageError', message: 'the definition was not granted what it asks for', hint: 'if you trust it, pass --allow=fs.read=/etc --allow=ssh' })
  })
  it('refuses where nobody can be asked', async () => {
    await assert.rejects(ask(undefined), { name: 'UsageError', message: 'the definition asks for more than it may have' })
  })
  const silent: readonly (readonly [name: string, options: Parameters<typeof ask>[1]])[] = [
    ['all is granted', { allow: ['fs.read=/etc', 'ssh'] }],
    ['any path is', { allow: ['fs=*', 'ssh'] }],
    ['the environment leaves files alone', { env: { BUILDX_BAKE_ENTITLEMENTS_FS: 'false' } }],
  ]
  for (const [name, options] of silent) it(`says nothing where ${name}`, async () => assert.equal(await ask(undefined, options), ''))
  it('does not take one folder for another of a longer name', async () => {
    await assert.rejects(ask(undefined, { allow: ['fs.read=/et', 'ssh'] }), { hint: 'if you trust it, pass --allow=fs.read=/etc' })
  })
  it('refuses an environment that says neither', async () => {
    await assert.rejects(ask(undefined, { env: { BUILDX_BAKE_ENTITLEMENTS_FS: 'maybe' } }), { message: 'BUILDX_BAKE_ENTITLEMENTS_FS is "maybe"' })
  })
})
