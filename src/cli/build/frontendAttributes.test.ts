import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parsePlatform } from '../../ground/platform.ts'
import { parseFlags } from '../flags/flags.ts'
import { UsageError } from '../flags/usageError.ts'
import { BUILD_FLAGS } from './buildFlags.ts'
import { frontendAttributes } from './frontendAttributes.ts'

function attributesOf(argv: readonly string[], env: Readonly<NodeJS.ProcessEnv> = {}): Readonly<Record<string, string>> {
  const { flags } = parseFlags(BUILD_FLAGS, argv, { commandName: 'pelago build' })
  const attributes = frontendAttributes({ flags, env, platforms: flags.platform.map((text) => parsePlatform(text)), filename: 'Dockerfile' })
  return Object.fromEntries([...attributes].filter(([key]) => key !== 'filename'))
}

describe('frontendAttributes', () => {
  const cases = [
    { name: 'nothing', argv: [], want: {} },
    { name: 'platforms', argv: ['--platform', 'linux/amd64,aarch64'], want: { platform: 'linux/amd64,linux/arm64' } },
    { name: 'arguments', argv: ['--build-arg', 'A=1', '--build-arg', 'B=x=y', '--build-arg', 'C='], want: { 'build-arg:A': '1', 'build-arg:B': 'x=y', 'build-arg:C': '' } },
    { name: 'the last value of an argument', argv: ['--build-arg', 'A=1', '--build-arg', 'A=2'], want: { 'build-arg:A': '2' } },
    { name: 'labels', argv: ['--label', 'a=b', '--label', 'c'], want: { 'label:a': 'b', 'label:c': '' } },
    { name: 'no cache', argv: ['--no-cache'], want: { 'no-cache': '' } },
    { name: 'no cache for some stages', argv: ['--no-cache-filter', 'a,b', '--no-cache-filter', 'c'], want: { 'no-cache': 'a,b,c' } },
    { name: 'pulling', argv: ['--pull'], want: { 'image-resolve-mode': 'pull' } },
    { name: 'a network', argv: ['--network', 'none'], want: { 'force-network-mode': 'none' } },
    { name: 'hosts', argv: ['--add-host', 'a:10.0.0.1', '--add-host', 'b=::1', '--add-host', 'c:[::2]'], want: { 'add-hosts': 'a=10.0.0.1,b=::1,c=::2' } },
    { name: 'limits', argv: ['--ulimit', 'nofile=1024', '--ulimit', 'nproc=5:-1'], want: { ulimit: 'nofile=1024:1024,nproc=5:-1' } },
    { name: 'shared memory', argv: ['--shm-size', '64m'], want: { 'shm-size': '67108864' } },
    { name: 'a stage', argv: ['--target', 'build'], want: { target: 'build' } },
  ]
  for (const { name, argv, want } of cases) it(`tells ${name}`, () => assert.deepEqual(attributesOf(argv), want))

  it('takes an argument without a value from the environment, and leaves it out where it is not there', () => {
    assert.deepEqual(attributesOf(['--build-arg', 'A', '--build-arg', 'B'], { A: 'x' }), { 'build-arg:A': 'x' })
  })
  it('takes SOURCE_DATE_EPOCH from the environment, also an empty one, but for one that is given', () => {
    assert.deepEqual(attributesOf([], { SOURCE_DATE_EPOCH: '' }), { 'build-arg:SOURCE_DATE_EPOCH': '' })
    assert.deepEqual(attributesOf([], { SOURCE_DATE_EPOCH: '5' }), { 'build-arg:SOURCE_DATE_EPOCH': '5' })
    assert.deepEqual(attributesOf(['--build-arg', 'SOURCE_DATE_EPOCH=6'], { SOURCE_DATE_EPOCH: '5' }), { 'build-arg:SOURCE_DATE_EPOCH': '6' })
  })
  for (const argv of [['--add-host', 'a'], ['--add-host', 'a:b'], ['--ulimit', 'nofile'], ['--shm-size', 'big'], ['--build-arg', '=x'], ['--label', '=x']]) {
    it(`refuses ${argv.join(' ')}`, () => assert.throws(() => attributesOf(argv), UsageError))
  }
})
