import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { UnsupportedByPeerError } from '../../api/errorMapping.ts'
import type { EngineClient } from '../../driver/driver.ts'
import { parseFlags } from '../flags/flags.ts'
import { UsageError } from '../flags/usageError.ts'
import { BUILD_FLAGS } from './buildFlags.ts'
import { requireOwnFlags } from './ownFlags.ts'

const SIGNAL = new AbortController().signal
/** All that is asked of it is whether it is Pelago's own. */
const BUILDKIT = { local: { describe: async () => Promise.reject(new UnsupportedByPeerError('describe')) } } as unknown as EngineClient

function check(argv: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  return requireOwnFlags(BUILDKIT, [parseFlags(BUILD_FLAGS, argv, { commandName: 'pelago build', env }).flags], SIGNAL)
}

describe('a BuildKit', () => {
  for (const { argv, env, name } of [
    { argv: ['--accelerate'], env: {}, name: '--accelerate' },
    { argv: ['--accelerate=verify'], env: {}, name: '--accelerate' },
    { argv: [], env: { PELAGO_ACCELERATE: 'on' }, name: '--accelerate' },
    { argv: ['--audit=error'], env: {}, name: '--audit' },
  ]) {
    it(`refuses ${[...argv, ...Object.keys(env)].join(' ')} by name`, async () => {
      await assert.rejects(check(argv, env), (error) => error instanceof UsageError && error.message === `${name} needs Pelago's own engine, and this builder is a BuildKit` && error.hint !== undefined)
    })
  }
  it('is asked nothing where none of them is given', async () => {
    await check([])
    await check(['--accelerate=off', '--audit=off'], { PELAGO_ACCELERATE: 'on' })
  })
})
