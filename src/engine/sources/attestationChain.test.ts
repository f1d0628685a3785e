import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf, type Digest } from '../../ground/digest.ts'
import { describeBlob, type Descriptor } from '../../ground/oci/descriptor.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { parsePlatform } from '../../ground/platform.ts'
import { parseReference } from '../../ground/reference.ts'
import { formatIndex, formatManifest } from '../../image/manifestJson.ts'
import { fetchAttestationChain, type ChainRegistry } from './attestationChain.ts'

const never = new AbortController().signal
const AMD64 = parsePlatform('linux/amd64')
const SLSA = 'https://slsa.dev/provenance/v1'
const COSIGN = 'application/vnd.dev.cosign.artifact.sig.v1+json'
const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json'

describe('the attestations of an image', () => {
  it('are told with the documents that lead to them, and those of the statements that are asked for', async () => {
    const shelf = createShelf()
    const image = shelf.manifest([shelf.blob('layer')])
    const [provenance, sbom] = [shelf.blob('provenance', new Map([['in-toto.io/predicate-type', SLSA]])), shelf.blob('sbom', new Map([['in-toto.io/predicate-type', 'https://spdx.dev/Document']]))]
    const attestation = { ...shelf.manifest([provenance, sbom]), platform: parsePlatform('unknown/unknown'), annotations: new Map([['vnd.docker.reference.type', 'attestation-manifest'], ['vnd.docker.reference.digest', image.digest]]) }
    const [signed, old] = [shelf.blob('signed'), shelf.blob('old')]
    const [bundle, cosign] = [shelf.manifest([signed]), shelf.manifest([old])]
    const root = shelf.index([{ ...image, platform: AMD64 }, attestation])
    shelf.referrers.set(attestation.digest, [{ ...cosign, artifactType: COSIGN }, { ...bundle, artifactType: BUNDLE }])
    const ask = async (...types: readonly string[]): Promise<unknown> => {
      const { blobs, ...chain } = await fetchAttestationChain(shelf.registry, { reference: parseReference('example.com/app:1'), platform: AMD64, predicateTypes: new Set(types) }, never)
      for (const [digest, { bytes }] of blobs) assert.equal(digestOf(bytes), digest)
      return { ...chain, blobs: [...blobs.keys()] }
    }
    const chain = { root: root.digest, imageManifest: image.digest, attestationManifest: attestation.digest, signatureManifests: [bundle.digest] }
    assert.deepEqual(await ask(), { ...chain, blobs: [root.digest, image.digest, attestation.digest, bundle.digest, signed.digest] })
    assert.deepEqual(await ask(SLSA), { ...chain, blobs: [root.digest, image.digest, attestation.digest, provenance.digest, bundle.digest, signed.digest] })
    shelf.referrers.set(attestation.digest, [{ ...cosign, artifactType: COSIGN }])
    assert.deepEqual(await ask(), { ...chain, signatureManifests: [cosign.digest], blobs: [root.digest, image.digest, attestation.digest, cosign.digest, old.digest] })
  })

  it('are none of a manifest that stands alone', async () => {
    const shelf = createShelf()
    const image = shelf.manifest([shelf.blob('layer')])
    const { blobs, ...chain } = await fetchAttestationChain(shelf.registry, { reference: parseReference('example.com/app:1'), platform: AMD64, predicateTypes: new Set() }, never)
    assert.deepEqual({ ...chain, blobs: [...blobs.keys()] }, { root: image.digest, imageManifest: image.digest, attestationManifest: undefined, signatureManifests: [], blobs: [image.digest] })
  })

  it('are refused beyond what an answer holds', async () => {
    const shelf = createShelf()
    const image = shelf.manifest([])
    const statement = { ...shelf.blob('huge', new Map([['in-toto.io/predicate-type', SLSA]])), sizeBytes: 1 << 30 }
    shelf.index([{ ...image, platform: AMD64 }, { ...shelf.manifest([statement]), annotations: new Map([['vnd.docker.reference.type', 'attestation-manifest'], ['vnd.docker.reference.digest', image.digest]]) }])
    await assert.rejects(fetchAttestationChain(shelf.registry, { reference: parseReference('example.com/app:1'), platform: AMD64, predicateTypes: new Set([SLSA]) }, never), /the attestations of example.com\/app:1 have more than/)
  })
})

interface Shelf {
  readonly registry: ChainRegistry
  /** By what they are of. */
  readonly referrers: Map<Digest, readonly Descriptor[]>
  blob(text: string, annotations?: ReadonlyMap<string, string>): Descriptor
  /** The last document that was made is what every name stands for. */
  manifest(layers: readonly Descriptor[]): Descriptor
  index(manifests: readonly Descriptor[]): Descriptor
}

/** A registry of what a test has put there. */
function createShelf(): Shelf {
  const blobs = new Map<Digest, Uint8Array>()
  const referrers = new Map<Digest, readonly Descriptor[]>()
  let last: Descriptor | undefined
  const put = (mediaType: string, bytes: Uint8Array): Descriptor => {
    blobs.set(digestOf(bytes), bytes)
    return describeBlob(mediaType, digestOf(bytes), bytes.byteLength)
  }
  const bytesOf = (digest: Digest): Uint8Array => blobs.get(digest) ?? assert.fail(`no ${digest}`)
  return {
    referrers,
    registry: {
      resolve: async () => last ?? assert.fail('nothing was put'),
      fetchManifest: async (_reference, { digest }) => bytesOf(digest),
      async *readBlob(_repository, { digest }) {
        yield bytesOf(digest)
      },
      listReferrers: async (_repository, digest) => referrers.get(digest) ?? [],
    },
    blob: (text, annotations = new Map()) => ({ ...put('application/vnd.in-toto+json', Buffer.from(text)), annotations }),
    manifest: (layers) => (last = put(MEDIA_TYPE.ociManifest, formatManifest({ mediaType: MEDIA_TYPE.ociManifest, artifactType: undefined, config: put(MEDIA_TYPE.ociConfig, Buffer.from('{}')), layers, subject: undefined, annotations: new Map() }))),
    index: (manifests) => (last = put(MEDIA_TYPE.ociIndex, formatIndex({ mediaType: MEDIA_TYPE.ociIndex, artifactType: undefined, manifests, subject: undefined, annotations: new Map() }))),
  }
}
