import { digestOf } from '../../../../src/ground/digest.ts'
import { MEDIA_TYPE } from '../../../../src/ground/oci/mediaType.ts'
import { refuse, reply, type Answer, type Exchange } from './exchange.ts'

/** OCI distribution-spec, "Listing Referrers": an index of the manifests of `repository` whose subject is `digest`. */
export async function answerReferrers({ faults, contents: { manifests } }: Exchange, repository: string, digest: string): Promise<Answer> {
  if (!faults.hasReferrersApi) return refuse(404, 'NOT_FOUND')
  const found = [...manifests].filter(([name]) => name.startsWith(`${repository}:sha256:`)).flatMap(([, { mediaType, bytes }]) => {
    const { subject, artifactType, config } = JSON.parse(Buffer.from(bytes).toString()) as { readonly subject?: { readonly digest: string }; readonly artifactType?: string; readonly config?: { readonly mediaType: string } }
    return subject?.digest === digest ? [{ mediaType, digest: digestOf(bytes), size: bytes.byteLength, artifactType: artifactType ?? config?.mediaType }] : []
  })
  return reply(200, { 'content-type': MEDIA_TYPE.ociIndex }, JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: found }))
}
