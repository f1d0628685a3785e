import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatPlatform, parsePlatform } from '../../ground/platform.ts'
import { plainNode } from '../builders/builder.ts'
import { chooseDefaultNode, chooseNodes, NoNodeForPlatformError, type NodeChoice } from './chooseNodes.ts'
import { fitOf, platformsOfWorker, type NodeFacts } from './nodeFacts.ts'

/** `amd64*` is native, `arm64` emulated; what stands before a `|` was given by hand. */
function node(text: string, runningBuilds = 0, cpus = 2): NodeFacts {
  const [, name = '', given = '', listed = ''] = /^(\w+): (?:(.*) \| )?(.*)$/.exec(text) ?? []
  const words = (part: string): readonly string[] => part.split(' ').filter((word) => word !== '')
  return {
    node: { ...plainNode(name, 'remote', `unix:///${name}`), platforms: words(given).map((word) => parsePlatform(`linux/${word}`)) },
    platforms: words(listed).map((word) => ({ platform: parsePlatform(`linux/${word.replace('*', '')}`), runs: word.endsWith('*') ? { kind: 'natively' } : { kind: 'emulated', emulator: 'qemu' } })),
    runningBuilds,
    cpus,
    isPelago: true,
  }
}

function choiceOf(nodes: readonly NodeFacts[], subject = 'app'): NodeChoice {
  return { nodes, silent: [], subject }
}

function chosen(wanted: readonly string[], nodes: readonly NodeFacts[], subject?: string): readonly (readonly [name: string, ...platforms: string[]])[] {
  return chooseNodes(wanted.map((text) => parsePlatform(`linux/${text}`)), choiceOf(nodes, subject)).map(({ facts, platforms }) => [facts.node.name, ...platforms.map(({ platform }) => formatPlatform(platform).replace('linux/', ''))])
}

describe('the choice of nodes', () => {
  const cases: readonly (readonly [name: string, wanted: readonly string[], nodes: readonly NodeFacts[], want: ReturnType<typeof chosen>])[] = [
    ['takes for each platform the node where it is native', ['amd64', 'arm64'], [node('a: amd64* arm64'), node('b: arm64* amd64')], [['a', 'amd64'], ['b', 'arm64']]],
    ['keeps together what goes to one node', ['amd64', 'arm64', 's390x'], [node('a: amd64* s390x'), node('b: arm64*')], [['a', 'amd64', 's390x'], ['b', 'arm64']]],
    ['takes a node that emulates where none is native', ['riscv64'], [node('a: amd64*'), node('b: arm64* riscv64')], [['b', 'riscv64']]],
    ['takes the node that was given the platform, whoever is native', ['arm64'], [node('a: arm64*'), node('b: arm64 | amd64* arm64')], [['b', 'arm64']]],
    ['takes a node that was given what its engine does not list', ['loong64'], [node('a: amd64*'), node('b: loong64 | amd64*')], [['b', 'loong64']]],
    ['takes a node for the lower levels of its CPU', ['arm/v6'], [node('a: amd64*'), node('b: arm/v7*')], [['b', 'arm/v6']]],
    ['takes of equals that are busy the one with the least to do', ['amd64'], [node('a: amd64*', 2), node('b: amd64*', 1)], [['b', 'amd64']]],
    ['takes what a node has to do by its CPUs', ['amd64'], [node('a: amd64*', 4, 64), node('b: amd64*', 3, 4)], [['a', 'amd64']]],
    ['takes one that is native, however much it has to do', ['amd64'], [node('a: amd64*', 9), node('b: arm64* amd64')], [['a', 'amd64']]],
  ]
  for (const [name, wanted, nodes, want] of cases) it(name, () => assert.deepEqual(chosen(wanted, nodes), want))

  it('is the same each time for one subject, and for others not always', () => {
    const nodes = ['a', 'b', 'c'].map((name) => node(`${name}: amd64*`))
    const ofSubject = (subject: string): string => chosen(['amd64'], nodes, subject)[0]?.[0] ?? ''
    assert.deepEqual([chosen(['amd64'], nodes.toReversed(), 'app')[0]?.[0], ofSubject('app')], [ofSubject('app'), ofSubject('app')])
    assert.equal(new Set(Array.from({ length: 30 }, (_, index) => ofSubject(`app${index}`))).size, 3)
  })
  it('stays where its cache is while that node is not busy, and goes elsewhere then', () => {
    const of = (builds: number): readonly NodeFacts[] => ['a', 'b', 'c'].map((name) => node(`${name}: amd64*`, name === home ? builds : 0, 8))
    const chosenOf = (nodes: readonly NodeFacts[]): string => chosen(['amd64'], nodes)[0]?.[0] ?? ''
    const home = chosenOf(['a', 'b', 'c'].map((name) => node(`${name}: amd64*`, 0, 8)))
    assert.deepEqual([chosenOf(of(3)) === home, chosenOf(of(4)) === home], [true, false])
  })
  it('gives larger nodes more subjects', () => {
    const nodes = [node('small: amd64*', 0, 2), node('large: amd64*', 0, 14)]
    const large = Array.from({ length: 400 }, (_, index) => chosen(['amd64'], nodes, `app${index}`)[0]?.[0]).filter((name) => name === 'large').length
    assert.ok(large > 320 && large < 380, `${large} of 400, and 350 are its share`)
  })
  it('stays where it was when another node goes', () => {
    const nodes = ['a', 'b', 'c'].map((name) => node(`${name}: amd64*`))
    const before = chosen(['amd64'], nodes)[0]?.[0]
    const other = nodes.find(({ node: { name } }) => name !== before)
    assert.equal(chosen(['amd64'], nodes.filter((one) => one !== other))[0]?.[0], before)
  })
  it('fails with what there is, node by node', () => {
    const silent = [{ node: node('c: amd64*').node, error: new Error('no engine answers at unix:///c') }]
    assert.throws(() => chooseNodes([parsePlatform('linux/s390x')], { ...choiceOf([node('a: amd64* arm64'), node('b: riscv64 | arm64*')]), silent }), (error) => {
      assert.ok(error instanceof NoNodeForPlatformError)
      assert.equal(error.message, 'no node builds for linux/s390x:\n  a: linux/amd64 (native), linux/arm64 (qemu)\n  b: linux/riscv64 (given), linux/arm64 (native)\n  c: no engine answers at unix:///c')
      return true
    })
  })
  it('takes, where no platform is named, a node of this machine\'s kind, else the first', () => {
    const [arm, amd] = [node('a: arm64* amd64'), node('b: amd64*')]
    assert.equal(chooseDefaultNode(parsePlatform('linux/amd64'), choiceOf([arm, amd])), amd)
    assert.equal(chooseDefaultNode(parsePlatform('linux/riscv64'), choiceOf([arm, amd])), arm)
    assert.throws(() => chooseDefaultNode(parsePlatform('linux/amd64'), choiceOf([])), NoNodeForPlatformError)
  })
})

describe('the platforms of a buildkitd', () => {
  const facts: NodeFacts = { ...node('k: '), platforms: platformsOfWorker(['amd64', 'amd64/v2', 'arm64', '386', 's390x'].map((text) => parsePlatform(`linux/${text}`))) }
  const cases = [['amd64', 'natively'], ['amd64/v2', 'natively'], ['386', 'natively'], ['arm64', 'emulated'], ['s390x', 'emulated'], ['riscv64', undefined]] as const
  for (const [platform, runs] of cases) it(`are run as its first one says: ${platform} ${runs ?? 'not at all'}`, () => assert.equal(fitOf(facts, parsePlatform(`linux/${platform}`))?.runs?.kind, runs))
})
