import { formatPlatform } from '../../../ground/platform.ts'
import { buildkitRule } from '../rule.ts'

/** Of a base image, the build itself fails by it: there this is told by a check only. */
export const invalidBaseImagePlatform = buildkitRule(
  'InvalidBaseImagePlatform',
  'an image is of the platform that it is used for',
  ({ images }) =>
    images.flatMap(({ written, platform, found: { config }, span }) => {
      const { os, architecture } = config.platform
      if (os === platform.os && architecture === platform.architecture) return []
      return [{ message: `the image ${written} is for ${JSON.stringify(formatPlatform(config.platform))}, and is used for ${JSON.stringify(formatPlatform(platform))}`, span }]
    }),
  { hasPage: false },
)
