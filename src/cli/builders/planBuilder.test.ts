import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Builder } from '../../driver/builders/builder.ts'
import { formatPlatform } from '../../ground/platform.ts'
import { parseFlags } from '../flags/flags.ts'
import { UsageError } from '../flags/usageError.ts'
import { CREATE_FLAGS } from './createFlags.ts'
import { leaveNode, planBuilder } from './planBuilder.ts'

const B: Builder = { name: 'b', driver: 'embedded', nodes: [{ name: 'b0', endpoint: 'embedded', platforms: [], options: new Map() }] }

function plan(argv: readonly string[], before?: Builder, buildkitHost?: string): Builder {
  const { flags, operands: [endpoint] } = parseFlags(CREATE_FLAGS, argv, { commandName: 'pelago create' })
  return planBuilder({ name: 'b', flags, endpoint, buildkitHost }, before)
}

function describeNode({ driver, nodes: [node] }: Builder): string {
  return [driver, node?.name, node?.endpoint, ...(node?.platforms ?? []).map(formatPlatform), ...(node?.options.keys() ?? [])].join(' ')
}

describe('planBuilder', () => {
  const made: readonly { readonly name: string; readonly argv: readonly string[]; readonly want: string; readonly before?: Builder; readonly buildkitHost?: string }[] = [
    { name: 'an embedded builder of nothing', argv: [], want: 'embedded b0 embedded' },
    { name: 'an embedded builder of the default endpoint', argv: ['default'], want: 'embedded b0 embedded' },
    { name: 'a remote builder of an address', argv: ['unix:///run/b.sock'], want: 'remote b0 unix:///run/b.sock' },
    { name: 'a remote builder of BUILDKIT_HOST', argv: [], buildkitHost: 'tcp://127.0.0.1:1', want: 'remote b0 tcp://127.0.0.1:1' },
    { name: 'the endpoint that is given rather than BUILDKIT_HOST', argv: ['--driver', 'remote', 'unix:///s'], buildkitHost: 'tcp://127.0.0.1:1', want: 'remote b0 unix:///s' },
    { name: 'a node of the name and platforms given', argv: ['--node', 'n', '--platform', 'linux/arm64,linux/arm/v7', '--platform', 'x86_64'], want: 'embedded n embedded linux/arm64 linux/arm/v7 linux/amd64' },
    { name: 'what of buildx\'s container is always so here', argv: ['--driver-opt', 'network=host', '--buildkitd-flags', '--allow-insecure-entitlement security.insecure --allow-insecure-entitlement=network.host'], want: 'embedded b0 embedded network' },
    { name: 'a builder whose builds are loaded', argv: ['--driver-opt', 'default-load=true', 'unix:///s'], want: 'remote b0 unix:///s default-load' },
    { name: 'another node in the place of the one that is named', argv: ['--node', 'b0', '--platform', 'linux/s390x'], before: B, want: 'embedded b0 embedded linux/s390x' },
    { name: 'a change of platforms that leaves the endpoint', argv: ['--node', 'b0', '--platform', 'linux/s390x'], before: { ...B, driver: 'remote', nodes: [{ name: 'b0', endpoint: 'unix:///s', platforms: [], options: new Map() }] }, buildkitHost: 'tcp://127.0.0.1:1', want: 'remote b0 unix:///s linux/s390x' },
  ]
  for (const { name, argv, want, before, buildkitHost } of made) {
    it(`makes ${name}`, () => assert.equal(describeNode(plan(argv, before, buildkitHost)), want))
  }

  const refused: readonly { readonly argv: readonly string[]; readonly before?: Builder; readonly message: RegExp }[] = [
    { argv: [], before: B, message: /there is a builder "b" already/ },
    { argv: ['--append'], message: /no builder "b" to append to/ },
    { argv: ['--append'], before: B, message: /several nodes are not supported yet/ },
    { argv: ['--append', '--node', 'b1'], before: B, message: /several nodes are not supported yet/ },
    { argv: ['--node', 'b0', '--driver', 'remote', 'unix:///s'], before: B, message: /has the driver embedded, not remote/ },
    { argv: ['--driver', 'docker-container'], message: /--driver docker-container is not supported/ },
    { argv: ['--driver', 'kubernetes'], message: /--driver kubernetes is not supported yet/ },
    { argv: ['--driver', 'nonsense'], message: /unknown driver: "nonsense"/ },
    { argv: ['--driver', 'remote'], message: /needs an endpoint/ },
    { argv: ['--driver', 'remote', 'ssh://u@h'], message: /endpoints of ssh:\/\/ are not supported yet/ },
    { argv: ['--driver', 'embedded', 'unix:///s'], message: /takes no address/ },
    { argv: ['mycontext'], message: /no endpoint "mycontext"/ },
    { argv: ['--driver-opt', 'image=moby/buildkit:master'], message: /--driver-opt image is not supported/ },
    { argv: ['--driver-opt', 'default-load=perhaps'], message: /--driver-opt default-load is not supported/ },
    { argv: ['--driver-opt', 'network'], message: /invalid --driver-opt/ },
    { argv: ['--driver-opt', 'network=host', 'unix:///s'], message: /not supported by the driver remote/ },
    { argv: ['--buildkitd-flags', '--debug'], message: /--buildkitd-flags --debug is not supported/ },
    { argv: ['--platform', 'linux/'], message: /invalid --platform/ },
  ]
  for (const { argv, before, message } of refused) {
    it(`refuses ${argv.join(' ')} ${before === undefined ? 'of a new builder' : 'of one that is there'}`, () => {
      assert.throws(() => plan(argv, before), (error) => error instanceof UsageError && message.test(error.message))
    })
  }
})

describe('leaveNode', () => {
  const two: Builder = { ...B, nodes: [...B.nodes, { name: 'b1', endpoint: 'unix:///s', platforms: [], options: new Map() }] }
  it('takes the node out', () => assert.deepEqual(leaveNode('b', 'b0', two).nodes.map(({ name }) => name), ['b1']))
  it('keeps the last one', () => assert.throws(() => leaveNode('b', 'b0', B), { message: '"b0" is the last node of builder "b"', hint: 'remove the builder: pelago rm b' }))
  it('refuses a node that is not there', () => assert.throws(() => leaveNode('b', 'x', two), { hint: 'it has b0, b1' }))
  it('refuses a builder that is not there', () => assert.throws(() => leaveNode('b', 'x', undefined), UsageError))
})
