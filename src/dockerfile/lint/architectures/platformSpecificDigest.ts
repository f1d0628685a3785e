import { formatPlatform } from '../../../ground/platform.ts'
import { ownRule } from '../rule.ts'
import { isForTarget } from './stagePlatforms.ts'

export const platformSpecificDigest = ownRule('PlatformSpecificDigest', 'a base image for several platforms is pinned by the digest of its index, and not by that of one platform\'s manifest', ({ images, request, dockerfile }) =>
  images.flatMap(({ written, found: { reference, manifest, config }, isBase, span }) => {
    const from = dockerfile.stages.find((stage) => stage.from.span === span)?.from
    const isOneManifest = written.includes('@') && reference.endsWith(`@${manifest}`)
    if (!isBase || !request.isMultiPlatform || from === undefined || !isForTarget(from) || !isOneManifest) return []
    const name = written.replace(/@.*$/, '')
    return [{ message: `${name} is pinned to its manifest for ${formatPlatform(config.platform)}: pin the digest of its index, which pelago imagetools inspect ${name} shows`, span }]
  }),
)
