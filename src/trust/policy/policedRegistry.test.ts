import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../../ground/digest.ts'
import { describeBlob } from '../../ground/oci/descriptor.ts'
import { parseReference } from '../../ground/reference.ts'
import { orAborted } from '../../kit/singleFlight.ts'
import type { Registry } from '../../registry/registry.ts'
import { generateKeyFiles } from '../keys/keyPair.ts'
import { UntrustedError } from '../trustError.ts'
import { withPolicy } from './policedRegistry.ts'
import { parsePolicy } from './readPolicy.ts'

describe('a registry under a policy', () => {
  it('judges an image for all who wait, whoever of them leaves', async () => {
    const image = describeBlob('application/vnd.oci.image.manifest.v1+json', digestOf(Buffer.from('image')), 5)
    const asked = Promise.withResolvers<undefined>()
    const answer = Promise.withResolvers<never>()
    const resolve: Registry['resolve'] = async ({ tag }, signal) => {
      if (tag === '1') return image
      asked.resolve(undefined)
      return await orAborted(answer.promise, signal)
    }
    const { publicKey } = await generateKeyFiles('')
    const policy = parsePolicy(JSON.stringify({ default: [{ type: 'sigstoreSigned', keyData: Buffer.from(publicKey).toString('base64') }] }), 'policy.json')
    const registry = withPolicy({ resolve } as Registry, async () => policy)
    const [first, second] = [new AbortController(), new AbortController()]
    const [left, stays] = [first, second].map(({ signal }) => registry.resolve(parseReference('a.example.com/app:1'), signal))
    await asked.promise
    first.abort(new Error('left'))
    await assert.rejects(left ?? assert.fail(), { message: 'left' })
    answer.reject(new UntrustedError('its signatures are beyond bounds', { hint: '' }))
    await assert.rejects(stays ?? assert.fail(), UntrustedError)
  })
})
