import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { plainNode, type Builder, type BuilderNode } from '../../../driver/builders/builder.ts'
import { BuildError } from '../../../ground/errors.ts'
import { formatPlatform, parsePlatform } from '../../../ground/platform.ts'
import { parseFlags } from '../../flags/flags.ts'
import { UsageError } from '../../flags/usageError.ts'
import type { EndpointPlaces } from './chooseEndpoint.ts'
import { CREATE_FLAGS } from './createFlags.ts'
import { leaveNode, planBuilder, type PlannedBuilder } from './planBuilder.ts'

const B: Builder = { name: 'b', nodes: [plainNode('b0', 'embedded', 'embedded')] }
const FAR: Builder = { name: 'b', nodes: [{ ...plainNode('b0', 'remote', 'unix:///s'), platforms: [parsePlatform('linux/arm64'), parsePlatform('linux/riscv64')], options: new Map([['default-load', 'true']]) }] }
const TWO: Builder = { name: 'b', nodes: [...B.nodes, plainNode('b2', 'remote', 'unix:///s')] }

interface Asked {
  readonly argv: readonly string[]
  readonly before?: Builder
  readonly places?: Partial<EndpointPlaces>
}

function plan({ argv, before, places }: Asked): PlannedBuilder {
  const { flags, operands: [endpoint] } = parseFlags(CREATE_FLAGS, argv, { commandName: 'pelago create' })
  const none: EndpointPlaces = { buildkitHost: undefined, dockerContexts: ['default', 'office'], dockerEndpoint: 'default', kubeconfig: '' }
  return planBuilder({ name: 'b', flags, endpoint, config: flags['buildkitd-config'] === undefined ? undefined : new Map([['buildkitd.toml', flags['buildkitd-config']]]), defaultConfig: undefined, places: { ...none, ...places } }, before)
}

function describeNode({ name, driver, endpoint, platforms, options, flags }: BuilderNode): string {
  return [name, driver, endpoint, ...platforms.map(formatPlatform), ...[...options].map((pair) => pair.join('=')), ...flags].join(' ')
}

describe('planBuilder', () => {
  const made: readonly (Asked & { readonly name: string; readonly want: readonly string[] })[] = [
    { name: 'an embedded builder of nothing', argv: [], want: ['b0 embedded embedded'] },
    { name: 'an embedded builder of the default endpoint', argv: ['default'], want: ['b0 embedded embedded'] },
    { name: 'a remote builder of an address', argv: ['unix:///run/b.sock'], want: ['b0 remote unix:///run/b.sock'] },
    { name: 'a remote builder of a machine', argv: ['ssh://me@host'], want: ['b0 remote ssh://me@host'] },
    { name: 'a remote builder of BUILDKIT_HOST', argv: [], places: { buildkitHost: 'tcp://127.0.0.1:1' }, want: ['b0 remote tcp://127.0.0.1:1'] },
    { name: 'the endpoint that is given rather than BUILDKIT_HOST', argv: ['--driver', 'remote', 'unix:///s'], places: { buildkitHost: 'tcp://127.0.0.1:1' }, want: ['b0 remote unix:///s'] },
    { name: 'a node of the name and platforms given', argv: ['--node', 'N', '--platform', 'linux/arm64,linux/arm/v7', '--platform', 'x86_64'], want: ['n embedded embedded linux/arm64 linux/arm/v7 linux/amd64'] },
    { name: 'what of buildx\'s container is always so here', argv: ['--driver-opt', 'network=host', '--buildkitd-flags', '--allow-insecure-entitlement security.insecure --allow-insecure-entitlement=network.host'], want: ['b0 embedded embedded network=host'] },
    { name: 'a builder whose builds are loaded', argv: ['--driver-opt', 'default-load=true', 'unix:///s'], want: ['b0 remote unix:///s default-load=true'] },
    { name: 'options of several flags and with commas, the later ones first', argv: ['--driver-opt', 'default-load=true,network=host', '--driver-opt', 'default-load=false'], want: ['b0 embedded embedded default-load=false network=host'] },
    { name: 'other platforms of a node, and leaves its endpoint and options', argv: ['--node', 'b0', '--platform', 'linux/s390x'], before: FAR, places: { buildkitHost: 'tcp://127.0.0.1:1' }, want: ['b0 remote unix:///s linux/s390x default-load=true'] },
    { name: 'another endpoint of a node, and leaves the rest', argv: ['--node', 'b0', 'unix:///t'], before: FAR, want: ['b0 remote unix:///t linux/arm64 linux/riscv64 default-load=true'] },
    { name: 'another driver of a node, whose options are its own', argv: ['--node', 'b0', '--driver', 'embedded'], before: FAR, want: ['b0 embedded embedded linux/arm64 linux/riscv64'] },
    { name: 'a second node', argv: ['--append', 'ssh://host'], before: B, want: ['b0 embedded embedded', 'b1 remote ssh://host'] },
    { name: 'this machine as a second node', argv: ['--append'], before: FAR, want: ['b0 remote unix:///s linux/arm64 linux/riscv64 default-load=true', 'b1 embedded embedded'] },
    { name: 'a node of the first name that is free', argv: ['--append', 'unix:///t'], before: TWO, want: ['b0 embedded embedded', 'b2 remote unix:///s', 'b1 remote unix:///t'] },
    { name: 'a change of a node where --append names one that is there', argv: ['--append', '--node', 'b2', 'unix:///t'], before: TWO, want: ['b0 embedded embedded', 'b2 remote unix:///t'] },
    { name: 'a node that takes a platform from another', argv: ['--append', '--node', 'n', '--platform', 'linux/arm64'], before: FAR, want: ['b0 remote unix:///s linux/riscv64 default-load=true', 'n embedded embedded linux/arm64'] },
  ]
  for (const { name, want, ...asked } of made) {
    it(`makes ${name}`, () => assert.deepEqual(plan(asked).builder.nodes.map(describeNode), want))
  }

  const refused: readonly (Asked & { readonly message: RegExp; readonly hint?: RegExp })[] = [
    { argv: [], before: B, message: /there is a builder "b" already/ },
    { argv: ['--append'], message: /no builder "b" to append to/ },
    { argv: ['--append'], before: B, message: /node "b0" of builder "b" has the endpoint embedded already/, hint: /--node b0/ },
    { argv: ['--append', 'unix:///s'], before: TWO, message: /node "b2" of builder "b" has the endpoint unix:\/\/\/s already/ },
    { argv: ['--node', 'b1'], before: B, message: /builder "b" has no node "b1"/, hint: /add --append to give it one; it has b0/ },
    { argv: ['--append', '--node', 'a/b', 'unix:///s'], before: B, message: /invalid node name: "a\/b"/ },
    { argv: ['--driver', 'docker'], message: /unknown driver: "docker"/, hint: /leave it out/ },
    { argv: ['--driver', 'nonsense'], message: /unknown driver: "nonsense"/, hint: /choose one of embedded, remote/ },
    { argv: ['--driver', 'remot'], message: /unknown driver: "remot"/, hint: /did you mean remote\?/ },
    { argv: ['--driver', 'remote'], message: /needs an endpoint/ },
    { argv: ['--driver', 'remote', 'office'], message: /--driver remote takes no name: "office"/ },
    { argv: ['--driver', 'embedded', 'unix:///s'], message: /takes no endpoint/, hint: /use --driver remote/ },
    { argv: ['ofice'], message: /no endpoint "ofice", and no Docker context/, hint: /did you mean office\? .*\(default, office\)/ },
    { argv: ['--driver-opt', 'image=moby/buildkit:master'], message: /--driver-opt image is not supported by the driver embedded/, hint: /it has accelerate, default-load, network/ },
    { argv: ['--driver-opt', 'defaultload=true', 'unix:///s'], message: /--driver-opt defaultload is not supported/, hint: /did you mean default-load\?/ },
    { argv: ['--driver-opt', 'default-load=perhaps'], message: /--driver-opt default-load does not take "perhaps"/ },
    { argv: ['--driver-opt', 'network'], message: /invalid --driver-opt/ },
    { argv: ['--driver-opt', 'network=host', 'unix:///s'], message: /not supported by the driver remote/ },
    { argv: ['--buildkitd-flags', '--debug'], message: /--buildkitd-flags --debug is not supported/ },
    { argv: ['--buildkitd-flags', '--a "b'], message: /a quote does not end/ },
    { argv: ['--buildkitd-config', 'debug = true'], message: /--buildkitd-config is not supported by the driver embedded/ },
    { argv: ['--platform', 'linux/'], message: /invalid --platform/ },
  ]
  for (const { message, hint = /^/, ...asked } of refused) {
    it(`refuses ${asked.argv.join(' ')} ${asked.before === undefined ? 'of a new builder' : `of one of ${asked.before.nodes.length}`}`, () => {
      assert.throws(() => plan(asked), (error) => error instanceof BuildError && error.kind === 'usage' && message.test(error.message) && hint.test(error.hint ?? ''))
    })
  }
})

describe('leaveNode', () => {
  it('takes the node out', () => assert.deepEqual(leaveNode('b', 'B0', TWO).builder.nodes.map(({ name }) => name), ['b2']))
  it('keeps the last one', () => assert.throws(() => leaveNode('b', 'b0', B), { message: '"b0" is the last node of builder "b"', hint: 'remove the builder: pelago rm b' }))
  it('refuses a node that is not there', () => assert.throws(() => leaveNode('b', 'x', TWO), { hint: 'it has b0, b2' }))
  it('refuses a builder that is not there', () => assert.throws(() => leaveNode('b', 'x', undefined), UsageError))
})
