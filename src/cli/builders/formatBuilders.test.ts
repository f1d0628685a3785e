import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { plainNode, type Builder, type BuilderNode } from '../../driver/builders/builder.ts'
import { formatBuilder, formatBuilders } from './formatBuilders.ts'
import type { BuilderState, NodeState } from './nodeState.ts'

const node: BuilderNode = { ...plainNode('b0', 'remote', 'unix:///s'), options: new Map([['a', 'b']]) }
const builder: Builder = { name: 'b', nodes: [node] }
const running: NodeState = {
  node,
  status: 'running',
  error: '',
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
    assert.match(formatBuilder(state), /^Name: {13}b\nDriver: {11}remote\n\nNodes:\nName: {13}b0\nEndpoint: {9}unix:\/\/\/s\nDriver Options: {3}a="b"\nStatus: {11}running\nBuildKit version: v0\.12\.5\nPlatforms: {8}linux\/riscv64\*, /)
  })
  it('shows why one does not', () => {
    const failed: NodeState = { node: { ...node, options: new Map() }, status: 'error', error: 'no way', version: '', platforms: [] }
    assert.match(formatBuilder({ ...state, nodes: [failed] }), /Endpoint: {9}unix:\/\/\/s\nStatus: {11}error\nError: {12}no way\n$/)
  })
})
