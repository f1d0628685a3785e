import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatPlatform, parsePlatform, type Platform } from '../../ground/platform.ts'
import { buildRequest } from '../targets/targetRequest.suite.ts'
import type { TargetRequest } from '../targets/targetRequest.ts'
import { placeTargets, supportFor, type Batch, type OpenTarget } from './assignment.ts'
import { requestedPlatforms } from './partRequest.ts'

const platformsOf = (texts: string): readonly Platform[] => texts.split(' ').filter((text) => text !== '').map((text) => parsePlatform(`linux/${text}`))

function target(name: string, platforms: string, ...links: readonly string[]): TargetRequest {
  const attributes = new Map([...(platforms === '' ? [] : [['platform', platformsOf(platforms).map(formatPlatform).join(',')] as const]), ...links.map((link) => [`context:${link}`, `target:${link}`] as const)])
  return { name, purpose: { kind: 'build' }, requests: [buildRequest({ attributes })] }
}
const open = (of: TargetRequest, platforms = requestedPlatforms(of.requests[0])): OpenTarget => ({ target: of, platforms })
const written = (batches: readonly Batch<string>[]): readonly string[] => batches.map(({ node, targets }) => `${node}: ${targets.map(({ target: { name }, platforms }) => [name, ...platforms.map(({ architecture }) => architecture)].join(' ')).join(', ')}`)
const placing = { nodeFor: ({ architecture }: Platform) => (architecture === 'arm64' ? 'arm' : 'amd'), defaultNode: () => 'amd', isApart: false }

describe('targets on nodes', () => {
  const targets = [target('app', 'amd64 arm64'), target('web', 'arm64 386'), target('tool', '')]
  it('go where their platforms go, together', () => {
    assert.deepEqual(written(placeTargets(targets.map((one) => open(one)), placing)), ['amd: app amd64, web 386, tool', 'arm: app arm64, web arm64'])
  })
  it('go apart where each is to fail alone', () => {
    assert.deepEqual(written(placeTargets(targets.map((one) => open(one)), { ...placing, isApart: true })), ['amd: app amd64', 'arm: app arm64', 'arm: web arm64', 'amd: web 386', 'amd: tool'])
  })

  const all = [target('base', 'amd64 arm64'), target('mid', 'amd64 arm64 s390x', 'base'), target('top', 'arm64', 'mid'), target('plain', '')]
  const supports = (batch: readonly OpenTarget[]): readonly string[] => supportFor(batch, all).map(({ name, requests: [first], purpose }) => `${purpose.kind} ${name}: ${first.attributes.get('platform') ?? ''}`)
  const [base, mid, top] = all
  it('have what they stand on read beside them, for their platforms, and what that stands on', () => {
    assert.deepEqual(supports([open(top ?? assert.fail())]), ['support mid: linux/arm64', 'support base: linux/arm64'])
  })
  it('have nothing read that is built there anyway', () => {
    assert.deepEqual(supports([open(base ?? assert.fail()), open(mid ?? assert.fail())]), [])
  })
  it('have all of it read where it has none of their platforms', () => {
    assert.deepEqual(supports([open(mid ?? assert.fail(), platformsOf('s390x'))]), ['support base: linux/amd64,linux/arm64'])
  })
})
