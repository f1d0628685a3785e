import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toStatus } from '../../api/errorMapping.ts'
import { GRPC } from '../../api/grpc/status.ts'
import { parseFrontendAttributes } from './frontendAttributes.ts'
import { SubrequestUnknownError } from './unsupportedByFrontend.ts'

describe('what a client needs of the frontend', () => {
  const fine = ['', 'moby.buildkit.frontend.inputs,moby.buildkit.frontend.contexts+forward', 'moby.buildkit.frontend.wonder+forward']
  for (const caps of fine) {
    it(`is there for ${JSON.stringify(caps)}`, () => {
      assert.equal(parseFrontendAttributes(new Map([['frontend.caps', caps]])).filename, 'Dockerfile')
    })
  }

  it('is refused by name where it is not known, with BuildKit’s code and detail', () => {
    const attributes = new Map([['frontend.caps', 'moby.buildkit.frontend.inputs,moby.buildkit.frontend.wonder']])
    assert.throws(() => parseFrontendAttributes(attributes), (error) => {
      const { code, message, details } = toStatus(error)
      assert.deepEqual([code, message], [GRPC.unimplemented, 'unsupported frontend capability moby.buildkit.frontend.wonder'])
      assert.deepEqual(jsonDetails(details), [['github.com/moby/buildkit/errdefs.FrontendCap+json', { name: 'moby.buildkit.frontend.wonder' }]])
      return true
    })
  })

  it('is told by name where it is an answer', () => {
    const { details } = toStatus(new SubrequestUnknownError('frontend.wonder', ['frontend.lint']))
    assert.deepEqual(jsonDetails(details), [['github.com/moby/buildkit/errdefs.Subrequest+json', { name: 'frontend.wonder' }]])
  })
})

function jsonDetails(details: ReturnType<typeof toStatus>['details']): readonly (readonly [string, unknown])[] {
  return details.filter(({ typeUrl }) => typeUrl.endsWith('+json')).map(({ typeUrl, value }) => [typeUrl, JSON.parse(Buffer.from(value).toString()) as unknown] as const)
}
