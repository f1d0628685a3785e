import { create } from '@bufbuild/protobuf'
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CDIDeviceSchema, GCPolicySchema } from '../../../api/gen/worker_pb.ts'
import { plainNode, type Builder, type BuilderNode } from '../../../driver/builders/builder.ts'
import { formatBuilder, formatBuilders, missingPlatforms } from './formatBuilders.ts'
import type { BuilderState, NodeState } from './nodeState.ts'

const node: BuilderNode = { ...plainNode('b0', 'remote', 'unix:///s'), options: new Map([['a', 'b']]) }
const builder: Builder = { name: 'b', nodes: [node] }
const running: NodeState = {
  node,
  status: 'running',
  error: '',
  hint: '',
  labels: {},
  policies: [],
  devices: [],
  version: 'v0.12.5',
  platforms: [
    { platform: 'linux/riscv64', isGiven: true, runs: 'emulated' },
    { platform: 'linux/amd64', isGiven: false, runs: 'natively' },
    { platform: 'linux/amd64/v2', isGiven: false, runs: 'natively' },
    { platform: 'linux/amd64/v3', isGiven: false, runs: 'natively' },
    { platform: 'linux/arm/v7', isGiven: false, runs: 'emulated' },
    { platform: 'linux/s390x', isGiven: false, runs: 'unknown' },
  ],
}
const state: BuilderState = { builder, isCurrent: true, nodes: [running] }

describe('formatBuilders', () => {
  it('marks the current builder, given and native platforms, and counts levels of a CPU', () => {
    const lines = formatBuilders([state], { isFull: false }).split('\n').map((line) => line.replace(/ {3,}/g, '|'))
    assert.deepEqual(lines, ['NAME/NODE|DRIVER/ENDPOINT|STATUS|BUILDKIT|PLATFORMS', 'b*|remote', ' \\_ b0|\\_ unix:///s|running|v0.12.5|linux/riscv64*, linux/amd64 (native, +2), linux/arm/v7, linux/s390x', ''])
  })
  it('shows every level where all is wanted', () => {
    assert.match(formatBuilders([state], { isFull: true }), /linux\/riscv64\*, linux\/amd64 \(native\), linux\/amd64\/v2 \(native\), linux\/amd64\/v3 \(native\), linux\/arm\/v7, linux\/s390x\n$/)
  })
})

describe('formatBuilder', () => {
  it('shows an engine that answers', () => {
    assert.match(formatBuilder(state), /^Name: {13}b\nDriver: {11}remote\nMissing: {10}linux\/arm64, linux\/arm\/v6, linux\/386, linux\/ppc64le\n\nNodes:\nName: {13}b0\nEndpoint: {9}unix:\/\/\/s\nDriver Options: {3}a="b"\nStatus: {11}running\nBuildKit version: v0\.12\.5\nPlatforms: {8}linux\/riscv64\*, /)
  })
  it('shows why one does not', () => {
    const failed: NodeState = { ...running, node: { ...node, options: new Map() }, status: 'error', error: 'no way', hint: 'go round', version: '', platforms: [] }
    assert.match(formatBuilder({ ...state, nodes: [failed] }), /Endpoint: {9}unix:\/\/\/s\nStatus: {11}error\nError: {12}no way\nHint: {13}go round\n$/)
  })
  it('shows what an engine says of itself, and nothing that a terminal would obey', () => {
    const told: NodeState = {
      ...running,
      node: { ...node, flags: ['--debug'], files: new Map([['buildkitd.toml', 'debug = true\n[worker.oci]\n']]) },
      labels: { 'org.b': '2', 'org.a': '\u001b[31mred' },
      policies: [create(GCPolicySchema, { all: true, filters: ['type==exec.cachemount'], keepDuration: 48n * 3600n * 1_000_000_000n, maxUsedSpace: 512_000_000n })],
      devices: [create(CDIDeviceSchema, { Name: 'vendor/gpu=all', AutoAllow: true, Annotations: { a: 'b' } })],
    }
    const [, details = ''] = formatBuilder({ ...state, nodes: [told] }).split(/linux\/s390x\n/)
    assert.deepEqual(details.split('\n').map((line) => line.replace(/ {2,}/g, '|')), ['Labels:', ' org.a:|red', ' org.b:|2', 'Devices:', ' Name:|vendor/gpu=all', ' Automatically allowed: true', ' a:|b', 'GC Policy rule#0:', ' All:|true', ' Filters:|type==exec.cachemount', ' Keep Duration:|48h0m0s', ' Max Used Space: 512MB', 'File#buildkitd.toml:', ' > debug = true', ' > [worker.oci]', ''])
  })
  it('says the driver of each node where they differ', () => {
    const embedded: NodeState = { ...running, node: plainNode('b1', 'embedded', 'embedded') }
    assert.deepEqual(formatBuilder({ ...state, builder: { ...builder, nodes: [node, embedded.node] }, nodes: [running, embedded] }).match(/^Driver: .*$/gm), ['Driver:           remote, embedded', 'Driver:           remote', 'Driver:           embedded'])
  })
})

describe('missingPlatforms', () => {
  it('counts the platforms of all nodes', () => assert.deepEqual(missingPlatforms([running, { ...running, platforms: [{ platform: 'linux/386', isGiven: false, runs: 'natively' }] }]), ['linux/arm64', 'linux/arm/v6', 'linux/ppc64le']))
  it('says nothing where no node says anything', () => assert.deepEqual(missingPlatforms([{ ...running, platforms: [] }]), []))
})
