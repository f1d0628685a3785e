import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { VERSION } from '../../../ground/version.ts'
import { formatNodesVerdict, judgeNodes } from './judgeNodes.ts'
import type { NodeAnswer, NodeExamination, PelagoAnswer } from './nodeExamination.ts'

const PELAGO: PelagoAnswer = {
  kind: 'pelago',
  version: VERSION,
  root: '/store',
  snapshotter: 'overlay',
  isRootless: false,
  cpus: 8,
  runningBuilds: 1,
  platforms: [{ platform: 'linux/amd64', runs: { kind: 'natively' } }, { platform: 'linux/arm64', runs: { kind: 'emulated', emulator: 'qemu-aarch64' } }],
  missing: [],
}

function nodeOf(answer: NodeAnswer, given: readonly string[] = []): NodeExamination {
  return { node: { name: 'n', endpoint: 'ssh://n', given }, answer }
}

describe('what is said of a node', () => {
  const cases: readonly { readonly name: string; readonly node: NodeExamination; readonly want: RegExp }[] = [
    { name: 'what it has', node: nodeOf(PELAGO), want: /^n engine ok Pelago \S+ $/m },
    { name: 'how much it has to do', node: nodeOf(PELAGO), want: /^n load ok 1 build running, 8 CPUs $/m },
    { name: 'what is emulated', node: nodeOf(PELAGO), want: /^n emulated ok linux\/arm64 $/m },
    { name: 'why it does not answer, and its driver\'s remedy', node: nodeOf({ kind: 'silent', reason: 'refused', hint: 'start sshd' }), want: /^n engine fail refused start sshd$/m },
    { name: 'how it is taken away, where nobody knows better', node: nodeOf({ kind: 'silent', reason: 'gone', hint: undefined }), want: /^n engine fail gone .*pelago create --name farm --node n --leave$/m },
    { name: 'that it is not started', node: nodeOf({ kind: 'not-started' }), want: /^n engine warn ssh:\/\/n is not started .*--bootstrap farm$/m },
    { name: 'what a BuildKit lacks', node: nodeOf({ kind: 'buildkit', version: 'v0.26.3', platforms: PELAGO.platforms }), want: /^n engine warn BuildKit v0\.26\.3: .*plans.*install Pelago there/m },
    { name: 'that it is of another version', node: nodeOf({ ...PELAGO, version: '0.0.1' }), want: /^n engine warn Pelago 0\.0\.1; this command is / },
    { name: 'that its store copies', node: nodeOf({ ...PELAGO, snapshotter: 'copy' }), want: /^n store warn \/store, by copying/m },
    { name: 'an emulator that is missing there', node: nodeOf({ ...PELAGO, missing: [{ platform: 'linux/s390x', reason: 'qemu-s390x is not installed', hint: 'apt-get install qemu-user-static' }] }), want: /^n linux\/s390x warn qemu-s390x is not installed there: apt-get install qemu-user-static$/m },
    { name: 'a platform that it was given, and does not run', node: nodeOf({ ...PELAGO, missing: [{ platform: 'linux/s390x', reason: 'no qemu', hint: 'install it' }] }, ['linux/s390x']), want: /^n linux\/s390x fail given to it, and not run there: no qemu there: install it$/m },
  ]
  for (const { name, node, want } of cases) {
    it(`is ${name}`, () => assert.match(judgeNodes('farm', [node]).map((one) => `${one.node} ${one.check} ${one.state} ${one.detail} ${one.remedy ?? ''}`).join('\n'), want))
  }
  it('is all that is wrong with it, and no more, where it was given what it runs', () => assert.deepEqual(judgeNodes('farm', [nodeOf(PELAGO, ['linux/arm64'])]).filter(({ state }) => state !== 'ok'), []))
  it('comes to what the builder can do', () => {
    const silent = nodeOf({ kind: 'silent', reason: 'refused', hint: undefined })
    assert.equal(formatNodesVerdict('farm', [nodeOf({ kind: 'not-started' }), silent]), 'builder farm can build: 0 of 2 nodes answer, 1 to be started')
    assert.deepEqual([formatNodesVerdict('farm', [nodeOf(PELAGO), silent]), formatNodesVerdict('farm', [silent])], ['builder farm can build: 1 of 2 nodes answer', 'builder farm can build nothing: 0 of 1 node answers'])
  })
})
