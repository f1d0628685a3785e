import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { describeBlob, type Descriptor } from '../../ground/oci/descriptor.ts'
import { digestOf } from '../../ground/digest.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { parsePlatform } from '../../ground/platform.ts'
import { AnnotationConflictError, mergeEntries, mergeIndex, missingPlatforms, type NamedPart, PlatformConflictError } from './mergeParts.ts'

function image(platform: string, content = platform): Descriptor {
  return { ...describeBlob(MEDIA_TYPE.ociManifest, digestOf(content), 1), platform: parsePlatform(platform) }
}

function attestation(of: Descriptor): Descriptor {
  const annotations = new Map([['vnd.docker.reference.type', 'attestation-manifest'], ['vnd.docker.reference.digest', of.digest]])
  return { ...describeBlob(MEDIA_TYPE.ociManifest, digestOf(`attestation of ${of.digest}`), 1), platform: { os: 'unknown', architecture: 'unknown', variant: '', osVersion: '' }, annotations }
}

function part(name: string, manifests: readonly Descriptor[], { annotations = {}, mediaType = MEDIA_TYPE.ociIndex }: { readonly annotations?: Readonly<Record<string, string>>; readonly mediaType?: string } = {}): NamedPart {
  const source = { contexts: new Map(), dockerfile: undefined, target: '', buildArgs: new Map(), secretArgs: [] }
  const index = { mediaType, artifactType: undefined, manifests, subject: undefined, annotations: new Map(Object.entries(annotations)) }
  return { name, part: { repository: { host: 'h', repository: 'r' }, index, source, pelagoVersion: '', createdAt: '' } }
}

const [AMD64, ARM64] = [image('linux/amd64'), image('linux/arm64')]

describe('mergeEntries', () => {
  const a = part('a', [ARM64, attestation(ARM64)])
  const b = part('b', [AMD64, attestation(AMD64)])
  const digests = (parts: readonly NamedPart[]): readonly string[] => mergeEntries(parts).map(({ descriptor }) => descriptor.digest)

  it('puts images first, by platform, and keeps each attestation once', () => assert.deepEqual(digests([a, b, a]).slice(0, 2), [AMD64.digest, ARM64.digest]))
  it('keeps all attestations', () => assert.deepEqual(digests([a, b, a]).slice(2).sort(), [attestation(AMD64).digest, attestation(ARM64).digest].sort()))
  it('is the same in any order', () => assert.deepEqual(digests([a, b]), digests([b, a])))
  it('refuses two images for one platform', () => assert.throws(() => mergeEntries([a, part('c', [image('linux/arm64', 'other')])]), PlatformConflictError))
})

describe('mergeIndex', () => {
  const index = (parts: readonly NamedPart[], own: Readonly<Record<string, string>> = {}): ReturnType<typeof mergeIndex> => mergeIndex({ entries: mergeEntries(parts), parts, annotations: new Map(Object.entries(own)) })
  const docker = { mediaType: MEDIA_TYPE.dockerIndex }

  it('is Docker\'s list where all parts are', () => assert.equal(index([part('a', [AMD64], docker), part('b', [ARM64], docker)]).mediaType, MEDIA_TYPE.dockerIndex))
  it('is an OCI index where one part is', () => assert.equal(index([part('a', [AMD64], docker), part('b', [ARM64])]).mediaType, MEDIA_TYPE.ociIndex))
  it('is an OCI index where it has annotations', () => assert.equal(index([part('a', [AMD64], docker)], { k: 'v' }).mediaType, MEDIA_TYPE.ociIndex))
  it('has the annotations of all parts, and its own over them', () => {
    const parts = [part('a', [AMD64], { annotations: { one: '1', same: 's', over: 'a' } }), part('b', [ARM64], { annotations: { same: 's', over: 'b' } })]
    assert.deepEqual([...index(parts, { over: 'own' }).annotations].sort(), [['one', '1'], ['over', 'own'], ['same', 's']])
  })
  it('refuses parts that annotate differently', () => assert.throws(() => index([part('a', [AMD64], { annotations: { k: '1' } }), part('b', [ARM64], { annotations: { k: '2' } })]), AnnotationConflictError))
})

describe('missingPlatforms', () => {
  it('names what is wanted and not there', () => assert.deepEqual(missingPlatforms([parsePlatform('linux/arm/v7'), parsePlatform('linux/arm64')], [parsePlatform('linux/arm64')]), [parsePlatform('linux/arm/v7')]))
})
