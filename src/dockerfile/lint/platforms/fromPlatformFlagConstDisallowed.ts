import { BuildError } from '../../../ground/errors.ts'
import { parsePlatform } from '../../../ground/platform.ts'
import { expandQuietly } from '../expandQuietly.ts'
import { buildkitRule } from '../rule.ts'

export const fromPlatformFlagConstDisallowed = buildkitRule('FromPlatformFlagConstDisallowed', 'the --platform of a stage is a variable, unless the stage is named after it', ({ dockerfile }) =>
  dockerfile.stages.flatMap(({ from: { platform, stageName, span } }) => {
    const expansion = platform === undefined ? undefined : expandQuietly(platform, new Map(), dockerfile.escape)
    if (expansion === undefined || expansion.unmatched.size > 0 || isNamedAfter(stageName, expansion.text)) return []
    return [{ message: `--platform is the constant ${JSON.stringify(expansion.text)}, whatever is built for: write $BUILDPLATFORM, or leave it out`, span }]
  }),
)

/** A stage such as `build-amd64` is meant to be for one platform. */
function isNamedAfter(stageName: string, platform: string): boolean {
  try {
    const { os, architecture } = parsePlatform(platform)
    return stageName.includes(os) || stageName.includes(architecture)
  } catch (error) {
    if (error instanceof BuildError) return true // told as an error already
    throw error
  }
}
