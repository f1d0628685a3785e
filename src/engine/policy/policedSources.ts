import { create } from '@bufbuild/protobuf'
import { SourceOpSchema } from '../../api/gen/ops_pb.ts'
import { mapSource } from '../../api/llb/mapSource.ts'
import type { SourcePolicy } from '../../api/policy/sourcePolicy.ts'
import { writeSource, type WrittenSource } from '../../api/policy/writtenSource.ts'
import type { ImageResolver } from '../../dockerfile/lower.ts'
import type { Source } from '../../graph/vertex.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import { formatReference, parseReference } from '../../ground/reference.ts'
import { redactUrls } from '../../ground/urlText.ts'
import { LAYOUT_HOST, LAYOUT_SCHEME } from '../images/layoutImages.ts'

const IMAGE = 'docker-image://'

/** `resolver`, asked for the images that `policy` has in the place of those that are written. */
export function withSourcePolicy(resolver: ImageResolver, policy: SourcePolicy | undefined): ImageResolver {
  if (policy === undefined) return resolver
  return { resolveImage: async (text, platform, signal) => await resolver.resolveImage(policedImage(text, policy), platform, signal) }
}

/** What is to be looked up in the place of an image: a reference, or `oci-layout://…`. @throws SourceDeniedError; InvalidValueError where it is to be no image */
export function policedImage(text: string, policy: SourcePolicy): string {
  const identifier = text.startsWith(LAYOUT_SCHEME) ? text : `${IMAGE}${formatReference(parseReference(text))}`
  const converted = policy.apply({ identifier, attributes: new Map() })
  const [unknown] = converted.attributes.keys()
  if (unknown !== undefined) throw new InvalidValueError(`the source policy gives image ${text} an attribute that images do not have here: ${unknown}`, { hint: 'write the digest behind the identifier: …@sha256:…' })
  if (converted.identifier.startsWith(LAYOUT_SCHEME)) return converted.identifier
  if (!converted.identifier.startsWith(IMAGE)) throw new InvalidValueError(`the source policy converts image ${text} to what is no image: ${redactUrls(converted.identifier)}`)
  return converted.identifier.slice(IMAGE.length)
}

/** For graphs: what is to be fetched in the place of a source. Images were converted when they were looked up, and are allowed or denied once more by their digests, as BuildKit has it. */
export function judgeSources(policy: SourcePolicy | undefined): ((source: Source) => Source) | undefined {
  if (policy === undefined) return undefined
  return (source) => {
    if (source.kind === 'image' && source.reference.startsWith(`${LAYOUT_HOST}/`)) return source
    const written = writeSource(source)
    const converted = policy.apply(written)
    return converted === written || source.kind === 'image' ? source : readConverted(converted, source)
  }
}

/** @throws InvalidValueError where it is to be what a graph cannot have in the place of this source */
function readConverted({ identifier, attributes }: WrittenSource, source: Source): Source {
  const isPossible = source.kind !== 'local' && /^(?:https?|git|docker-image\+blob):\/\//.test(identifier)
  const converted = !isPossible ? undefined : mapSource(create(SourceOpSchema, { identifier, attrs: Object.fromEntries(attributes) }))
  if (converted?.kind === 'http' || converted?.kind === 'git' || converted?.kind === 'image-blob') return converted
  const { identifier: from } = writeSource(source)
  throw new InvalidValueError(`the source policy converts ${redactUrls(from)} to ${redactUrls(identifier)}, which cannot stand in its place`, { hint: 'convert files and repositories to files and repositories, and leave folders of the client as they are' })
}

/** Of a folder of the client that is read before there is a graph. @throws SourceDeniedError */
export function checkFolder(name: string, policy: SourcePolicy | undefined): void {
  policy?.apply({ identifier: `local://${name}`, attributes: new Map() })
}
