import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { InvalidValueError } from '../../ground/errors.ts'
import { describeBlob } from '../../ground/oci/descriptor.ts'
import { digestOf } from '../../ground/digest.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { parsePlatform } from '../../ground/platform.ts'
import { type BuildPart, formatPart, looksLikePart, parsePart } from './buildPart.ts'
import type { ContextSource, Revision } from './buildSource.ts'

const revision: fc.Arbitrary<Revision | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.record({ kind: fc.constant('git' as const), commit: fc.string(), isDirty: fc.boolean(), folder: fc.string(), remote: fc.string() }),
  fc.record({ kind: fc.constant('told' as const), commit: fc.string(), variable: fc.string() }),
)
const context: fc.Arbitrary<ContextSource> = fc.oneof(
  fc.record({ kind: fc.constant('folder' as const), digest: fc.string(), revision }),
  fc.record({ kind: fc.constant('remote' as const), text: fc.string() }),
  fc.record({ kind: fc.constant('upload' as const), digest: fc.option(fc.string(), { nil: undefined }) }),
  fc.record({ kind: fc.constant('empty' as const) }),
)
// JSON of objects has no key `__proto__`; and once it has seen a key that is a backslash, V8's JSON.parse (of Node 24.21) takes any key that begins with an escape for it
const name = fc.string().filter((text) => text !== '__proto__' && text !== '\\')
const texts = fc.array(fc.tuple(name, fc.string())).map((pairs) => new Map(pairs))

const part: fc.Arbitrary<BuildPart> = fc.record({
  repository: fc.constant({ host: 'localhost:5000', repository: 'team/app' }),
  index: fc.record({
    mediaType: fc.constantFrom(MEDIA_TYPE.ociIndex, MEDIA_TYPE.dockerIndex),
    artifactType: fc.constant(undefined),
    manifests: fc.array(fc.constantFrom('linux/amd64', 'linux/arm/v7').map((platform) => ({ ...describeBlob(MEDIA_TYPE.ociManifest, digestOf(platform), 7), platform: parsePlatform(platform) }))),
    subject: fc.constant(undefined),
    annotations: texts,
  }),
  source: fc.record({ contexts: fc.array(fc.tuple(fc.string(), context)).map((pairs) => new Map(pairs)), dockerfile: fc.option(fc.string(), { nil: undefined }), target: fc.string(), buildArgs: texts, secretArgs: fc.array(fc.string()) }),
  pelagoVersion: fc.string(),
  createdAt: fc.string(),
})

describe('parsePart', () => {
  it('reads what formatPart writes', () => {
    fc.assert(fc.property(part, (value) => {
      const text = formatPart(value)
      assert.deepEqual(parsePart(text, 'part.json'), structuredClone(value)) // fast-check's objects have no prototype
      assert.equal(looksLikePart(Buffer.from(text).subarray(0, 256)), true)
    }))
  })

  const cases = [
    { name: 'another format', text: '{"format":"x"}', message: /part\.json is no part of a build/ },
    { name: 'a later version', text: '{"format":"pelago.build-part","version":2}', message: /part\.json is of version 2, and this Pelago reads version 1/ },
    { name: 'what is no JSON', text: 'x', message: /part\.json is not JSON/ },
    { name: 'a repository that leads elsewhere', text: '{"format":"pelago.build-part","version":1,"index":{"mediaType":"x"},"repository":"h.io/../app"}', message: /"\.\.\/app" is no repository name/ },
    { name: 'a repository with a tag', text: '{"format":"pelago.build-part","version":1,"index":{"mediaType":"x"},"repository":"h.io/app:1"}', message: /part\.json\.repository is no repository: "h\.io\/app:1"/ },
    { name: 'a part without its index', text: '{"format":"pelago.build-part","version":1}', message: /part\.json has no index/ },
  ]
  for (const { name, text, message } of cases) {
    it(`refuses ${name}`, () => assert.throws(() => parsePart(text, 'part.json'), (error) => error instanceof InvalidValueError && message.test(error.message)))
  }
})
