import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { PeerLostError } from '../../api/errorMapping.ts'
import { formatPlatform, parsePlatform } from '../../ground/platform.ts'
import { buildRequest } from '../targets/targetRequest.suite.ts'
import type { BuildPart } from './outputs/splitOutput.ts'
import { createTargetWork } from './targetWork.ts'

const never = new AbortController().signal

describe('the work on a target', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pelago-work-'))
  after(() => rmSync(folder, { recursive: true }))

  it('stays to be done where the node is lost before its part of the index was read', async () => {
    const request = buildRequest({ attributes: new Map([['platform', 'linux/amd64,linux/arm64']]), outputs: [{ type: 'image', attributes: new Map(), destination: { kind: 'none' } }] })
    const parts = { openRegistry: () => assert.fail('nothing is pushed'), storeArchive: () => assert.fail('nothing is stored'), stdout: process.stdout, scratch: () => folder, now: Date.now }
    const work = createTargetWork({ name: 'app', requests: [request], purpose: { kind: 'build' } }, parts)
    const lost = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('{')
      throw new PeerLostError('the connection is closed')
    }
    const part: BuildPart = { platforms: [parsePlatform('linux/arm64')], blobs: { read: lost } }
    work.requestsFor(part, [[parsePlatform('linux/amd64')]], false)
    const descriptor = JSON.stringify({ mediaType: 'application/vnd.oci.image.index.v1+json', digest: `sha256:${'a'.repeat(64)}`, size: 2 })
    const responses = [new Map([['containerimage.descriptor', Buffer.from(descriptor).toString('base64')]])]
    await assert.rejects(work.keep({ part, responses }, never), PeerLostError)
    assert.deepEqual(work.remaining()?.map(formatPlatform), ['linux/amd64', 'linux/arm64'])
  })
})
