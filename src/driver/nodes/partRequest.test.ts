import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parsePlatform } from '../../ground/platform.ts'
import { buildRequest } from '../targets/targetRequest.suite.ts'
import { partRequest, requestedPlatforms } from './partRequest.ts'

describe('the part of a request', () => {
  const outputs = [{ type: 'image', attributes: new Map([['annotation.a', '1'], ['annotation-manifest[linux/arm64].b', '2'], ['annotation-manifest-descriptor[linux/amd64].c', '3'], ['annotation-index.d', '4']]), destination: { kind: 'none' } }] as const
  const part = partRequest(buildRequest({ attributes: new Map([['target', 't'], ['platform', 'linux/amd64,linux/arm64']]), cacheExports: [{ type: 'gha', attributes: new Map() }] }), { platforms: [parsePlatform('linux/arm64')], others: [], outputs })
  it('is for its platforms, and makes an index', () => {
    assert.deepEqual([...part.attributes], [['target', 't'], ['platform', 'linux/arm64'], ['multi-platform', 'true']])
  })
  it('has no annotations for other platforms', () => assert.deepEqual([...(part.outputs[0]?.attributes.keys() ?? [])], ['annotation.a', 'annotation-manifest[linux/arm64].b', 'annotation-index.d']))
  it('has a cache of its own', () => assert.equal(part.cacheExports[0]?.attributes.get('scope'), 'buildkit-linux-arm64'))
  it('is for nothing in particular where no platform is named', () => assert.deepEqual(requestedPlatforms(buildRequest({})), []))
})
