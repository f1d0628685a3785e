import { isIndexType, MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { formatFamiliar, type Reference } from '../../ground/reference.ts'
import { ImageInvalidError } from '../../image/imageError.ts'
import { parseManifest } from '../../image/manifestJson.ts'
import type { Lessons } from '../lessons.ts'
import type { PushedImage } from '../pushedImage.ts'
import { describeRefusal, ManifestRefusedError, MultiPlatformRefusedError, UnsupportedImageError } from '../registryError.ts'
import { asItIs, attestationsOf, toForm, type FormedImage } from './imageForm.ts'
import type { ImageTree } from './imageTree.ts'

export interface FormedPush {
  readonly tree: ImageTree
  readonly reference: Reference
  /** Host and repository. */
  readonly repository: string
  readonly lessons: Lessons
}

/**
 * Has `push` put the documents of an image, first as they are, then in the next form that may be taken where a registry
 * refuses one of them. A form that was needed is the first that is tried in this repository from then on.
 * @throws MultiPlatformRefusedError; UnsupportedImageError where it has no other form; the first refusal where none is taken
 */
export async function pushInTakenForm(given: FormedPush, push: (tree: ImageTree) => Promise<void>): Promise<PushedImage> {
  let refusals: readonly ManifestRefusedError[] = []
  for (let formed = firstForm(given); ; ) {
    try {
      await push(formed.tree)
      return taken(given, formed, refusals[0])
    } catch (error) {
      if (!(error instanceof ManifestRefusedError)) throw error
      formed = nextForm(given, formed, error) ?? giveUp(given, [error, ...refusals])
      refusals = [error, ...refusals]
    }
  }
}

function firstForm({ tree, lessons, repository }: FormedPush): FormedImage {
  if (lessons.has(repository, 'refuses-oci-types') && hasDockerForm(tree)) return toForm(tree, 'docker')
  return lessons.has(repository, 'refuses-attestations') ? toForm(tree, 'without-attestations') : asItIs(tree)
}

/** Undefined where nothing simpler is left of what was refused. An index may be refused for the attestations that it names. */
function nextForm({ tree, reference }: FormedPush, { form }: FormedImage, refused: ManifestRefusedError): FormedImage | undefined {
  const attestations = attestationsOf(tree)
  const mayBeAttestations = attestations.has(refused.digest) || (isIndexType(refused.mediaType) && attestations.size > 0)
  if (form === 'as-it-is' && mayBeAttestations) return toForm(tree, 'without-attestations')
  const isOci = refused.mediaType === MEDIA_TYPE.ociIndex || refused.mediaType === MEDIA_TYPE.ociManifest
  if (form === 'docker' || !isOci || !hasDockerForm(tree)) return undefined
  try {
    return toForm(tree, 'docker')
  } catch (error) {
    if (!(error instanceof ImageInvalidError)) throw error
    const what = `the registry refused ${refused.mediaType} (${describeRefusal(refused.refusal)}), and ${error.message}`
    throw new UnsupportedImageError(formatFamiliar(reference), what, { hint: error.hint, cause: refused })
  }
}

/** An artifact that is no image has none, and its refusal says more. */
function hasDockerForm(tree: ImageTree): boolean {
  const attestations = attestationsOf(tree)
  const images = [...tree.manifests.values()].filter(({ descriptor }) => !attestations.has(descriptor.digest))
  return images.every(({ descriptor, bytes }) => CONFIG_TYPES.has(parseManifest(bytes, descriptor.mediaType).config.mediaType))
}

const CONFIG_TYPES: ReadonlySet<string> = new Set([MEDIA_TYPE.ociConfig, MEDIA_TYPE.dockerConfig])

function giveUp({ lessons, repository, reference }: FormedPush, refusals: readonly [ManifestRefusedError, ...ManifestRefusedError[]]): never {
  const [last] = refusals
  const isOciRefused = lessons.has(repository, 'refuses-oci-types') || refusals.some(({ mediaType }) => mediaType.includes('.oci.'))
  if (last.mediaType === MEDIA_TYPE.dockerIndex && isOciRefused) throw new MultiPlatformRefusedError(reference, refusals)
  throw refusals.at(-1) ?? last
}

function taken({ tree, lessons, repository, reference }: FormedPush, { form, ...formed }: FormedImage, refused: ManifestRefusedError | undefined): PushedImage {
  if (form === 'docker') lessons.learn(repository, 'refuses-oci-types')
  if (form === 'without-attestations') lessons.learn(repository, 'refuses-attestations')
  if (formed.tree.root.digest === tree.root.digest) return { root: tree.root, replaced: new Map(), warnings: [] }
  const why = refused === undefined ? '' : ` (${describeRefusal(refused.refusal)})`
  const refusal = form === 'docker' ? `refuses OCI's media types${why}: it was pushed in Docker's` : `refuses attestations${why}: it was pushed without them`
  const left = [...(formed.attestationCount > 0 && form === 'docker' ? [`${formed.attestationCount} attestations`] : []), ...formed.lost]
  return {
    root: formed.tree.root,
    replaced: formed.replaced,
    warnings: [
      `${formatFamiliar({ ...reference, digest: undefined })}: the registry ${refusal}, as ${formed.tree.root.digest} and not as ${tree.root.digest}`,
      ...(left.length === 0 ? [] : [`${formatFamiliar({ ...reference, digest: undefined })}: left out, since Docker's format has no place for it: ${left.join(', ')}`]),
    ],
  }
}
