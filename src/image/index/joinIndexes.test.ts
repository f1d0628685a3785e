import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../../ground/digest.ts'
import { describeBlob, type Descriptor } from '../../ground/oci/descriptor.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { parsePlatform } from '../../ground/platform.ts'
import { formatIndex } from '../manifestJson.ts'
import { attestationAnnotations } from './attestation.ts'
import { formatIndexDocument, parseIndexDocument, type IndexDocument } from './indexDocument.ts'
import { joinIndexes } from './joinIndexes.ts'

const image = (name: string): Descriptor => ({ ...describeBlob(MEDIA_TYPE.ociManifest, digestOf(name), 1), platform: parsePlatform(`linux/${name}`), annotations: new Map([['of', name]]) })
const attestation = (name: string): Descriptor => ({ ...describeBlob(MEDIA_TYPE.ociManifest, digestOf(`attestation of ${name}`), 1), platform: { os: 'unknown', architecture: 'unknown', variant: '', osVersion: '' }, annotations: attestationAnnotations(digestOf(name)) })
const index = (mediaType: string, ...manifests: readonly Descriptor[]): IndexDocument =>
  parseIndexDocument(formatIndex({ mediaType, artifactType: undefined, manifests, subject: undefined, annotations: mediaType === MEDIA_TYPE.ociIndex ? new Map([['of', 'index']]) : new Map() }), mediaType)
const platforms = ['amd64', 'arm64', 's390x'].map((name) => parsePlatform(`linux/${name}`))

describe('indexes of one build', () => {
  it('come to the index that one engine would have made, byte for byte', () => {
    const all = [image('amd64'), image('arm64'), image('s390x'), attestation('amd64'), attestation('arm64'), attestation('s390x')] as const
    const joined = joinIndexes([index(MEDIA_TYPE.ociIndex, all[1], all[4]), index(MEDIA_TYPE.ociIndex, all[0], all[2], all[3], all[5])], platforms)
    assert.equal(Buffer.from(formatIndexDocument(joined)).toString(), Buffer.from(formatIndexDocument(index(MEDIA_TYPE.ociIndex, ...all))).toString())
  })
  it('are a list of Docker\'s kind where all are, and no other', () => {
    const docker = (name: string): Descriptor => ({ ...image(name), mediaType: MEDIA_TYPE.dockerManifest, annotations: new Map() })
    assert.equal(joinIndexes([index(MEDIA_TYPE.dockerIndex, docker('arm64')), index(MEDIA_TYPE.dockerIndex, docker('amd64'))], platforms).mediaType, MEDIA_TYPE.dockerIndex)
    assert.equal(joinIndexes([index(MEDIA_TYPE.dockerIndex, docker('arm64')), index(MEDIA_TYPE.ociIndex, image('amd64'))], platforms).mediaType, MEDIA_TYPE.ociIndex)
  })
})
