import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { AttestationChainSchema, ResolveSourceGitResponseSchema, ResolveSourceHTTPResponseSchema, ResolveSourceImageResponseSchema, ResolveSourceMetaRequest, ResolveSourceMetaResponseSchema } from '../../api/gen/gateway_pb.ts'
import type { AttestationChain } from '../../engine/sources/attestationChain.ts'
import type { SourceMeta } from '../../engine/sources/sourceMeta.ts'

/** What a source stands for, as far as `request` asks for it. */
export function metaMessage(meta: SourceMeta, request: ResolveSourceMetaRequest): MessageInitShape<typeof ResolveSourceMetaResponseSchema> {
  const { identifier, attributes } = meta.written
  const Source = { identifier, attrs: Object.fromEntries(attributes) }
  switch (meta.kind) {
    case 'image':
      return { Source, Image: imageMessage(meta, request) }
    case 'git':
      return { Source, Git: gitMessage(meta) }
    case 'http':
      return { Source, HTTP: httpMessage(meta, request) }
    case 'other':
      return { Source }
  }
}

type MetaOf<K extends SourceMeta['kind']> = Extract<SourceMeta, { readonly kind: K }>

function imageMessage({ image, chain }: MetaOf<'image'>, { Image }: ResolveSourceMetaRequest): MessageInitShape<typeof ResolveSourceImageResponseSchema> {
  return { Digest: image.digest, ...(Image?.NoConfig !== true && { Config: image.config }), ...(chain !== undefined && { AttestationChain: chainMessage(chain) }) }
}

function chainMessage({ root, imageManifest, attestationManifest, signatureManifests, blobs }: AttestationChain): MessageInitShape<typeof AttestationChainSchema> {
  const told = [...blobs].map(([digest, { descriptor, bytes }]) => {
    const { mediaType, sizeBytes, annotations } = descriptor
    return [digest, { descriptor: { mediaType, digest, size: BigInt(sizeBytes), annotations: Object.fromEntries(annotations) }, data: bytes }] as const
  })
  return { Root: root, ImageManifest: imageManifest, AttestationManifest: attestationManifest ?? '', SignatureManifests: [...signatureManifests], Blobs: Object.fromEntries(told) }
}

function gitMessage({ commit: { commit, object, ref, objects } }: MetaOf<'git'>): MessageInitShape<typeof ResolveSourceGitResponseSchema> {
  return {
    Checksum: object,
    Ref: ref,
    ...(object !== commit && { CommitChecksum: commit }),
    ...(objects !== undefined && { CommitObject: objects.commit }),
    ...(objects?.tag !== undefined && { TagObject: objects.tag }),
  }
}

function httpMessage({ file: { digest, filename, lastModified, checksum } }: MetaOf<'http'>, { HTTP }: ResolveSourceMetaRequest): MessageInitShape<typeof ResolveSourceHTTPResponseSchema> {
  const at = Date.parse(lastModified)
  return {
    Checksum: digest,
    Filename: filename,
    ...(!Number.isNaN(at) && { LastModified: timestampFromMs(at) }),
    ...(checksum !== undefined && { ChecksumResponse: { Digest: checksum, Suffix: HTTP?.ChecksumRequest?.Suffix ?? new Uint8Array() } }),
  }
}
