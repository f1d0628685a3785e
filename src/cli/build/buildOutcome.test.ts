import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatMetadata, formatSummary, parseOutcome } from './buildOutcome.ts'

const ROOT = `sha256:${'1'.repeat(64)}`
const AMD64 = `sha256:${'2'.repeat(64)}`
const ARM64 = `sha256:${'3'.repeat(64)}`
const DESCRIPTOR = { mediaType: 'application/vnd.oci.image.index.v1+json', digest: ROOT, size: 500 }
const RESPONSE = new Map([
  ['pelago.platforms', JSON.stringify([{ platform: 'linux/amd64', digest: AMD64, sizeBytes: 4_093_000 }, { platform: 'linux/arm64', digest: ARM64, sizeBytes: 31_000 }])],
  ['containerimage.digest', ROOT],
  ['containerimage.descriptor', Buffer.from(JSON.stringify(DESCRIPTOR)).toString('base64')],
  ['image.name', 'docker.io/library/app:1.0'],
])

describe('formatMetadata', () => {
  it('writes the response with its structures read', () => {
    const metadata = JSON.parse(formatMetadata(RESPONSE)) as unknown
    assert.deepEqual(metadata, {
      'containerimage.descriptor': DESCRIPTOR,
      'containerimage.digest': ROOT,
      'image.name': 'docker.io/library/app:1.0',
      'pelago.platforms': [{ platform: 'linux/amd64', digest: AMD64, sizeBytes: 4_093_000 }, { platform: 'linux/arm64', digest: ARM64, sizeBytes: 31_000 }],
    })
  })
  it('leaves a text alone that only looks like a structure', () => assert.equal(formatMetadata(new Map([['a', '{b']])), '{\n  "a": "{b"\n}\n'))
})

describe('formatSummary', () => {
  const times = new Map([['linux/arm64', { nativeMs: 100, emulatedMs: 6700 }]])
  const pushed = { type: 'image', attributes: new Map([['name', 'docker.io/library/app:1.0,r.io/app:1.0'], ['push', 'true']]), destination: { kind: 'none' } } as const
  const paint = (_: string, text: string): string => text

  it('shows names, digest, and each platform with size and time', () => {
    assert.deepEqual(formatSummary(parseOutcome(RESPONSE), [pushed], times, { columns: 80, isShort: true, paint }), [
      'pushed app:1.0',
      'pushed r.io/app:1.0',
      `  digest ${ROOT}`,
      '  linux/amd64  sha256:222222222222  4.09MB',
      '  linux/arm64  sha256:333333333333    31kB  native 0.1s · emulated 6.7s',
    ])
  })
  it('cuts nothing where no person reads', () => {
    const lines = formatSummary(parseOutcome(RESPONSE), [pushed], new Map(), { columns: 20, isShort: false, paint })
    assert.deepEqual(lines.slice(2), [`  digest ${ROOT}`, `  linux/amd64  ${AMD64}  4.09MB`, `  linux/arm64  ${ARM64}    31kB`])
  })
  it('says where files went', () => {
    const output = { type: 'local', attributes: new Map(), destination: { kind: 'folder', path: '/out' } } as const
    assert.deepEqual(formatSummary(parseOutcome(new Map()), [output], new Map(), { columns: 80, isShort: true, paint }), ['wrote /out'])
  })
})
