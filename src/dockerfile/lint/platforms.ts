import { BuildError } from '../../ground/errors.ts'
import { parsePlatform } from '../../ground/platform.ts'
import type { Dockerfile } from '../dockerfile.ts'
import { createWarning, type DockerfileWarning } from '../dockerfileWarning.ts'
import type { FromInstruction } from '../instructions/instruction.ts'

/** `FROM --platform` that says what holds anyway, or that binds an image for many platforms to one. */
export function lintPlatforms({ stages }: Dockerfile): readonly DockerfileWarning[] {
  return stages.flatMap(({ from }) => lintPlatform(from))
}

function lintPlatform({ platform, stageName, span }: FromInstruction): readonly DockerfileWarning[] {
  if (platform === undefined) return []
  if (/^\$(?:TARGETPLATFORM|\{TARGETPLATFORM\})$/.test(platform)) {
    return [createWarning('RedundantTargetPlatform', `--platform=${platform} can be left out: a stage is for the target platform anyway`, span)]
  }
  if (platform.includes('$') || isNamedAfter(stageName, platform)) return []
  return [createWarning('FromPlatformFlagConstDisallowed', `--platform=${platform} makes the stage the same for every target: write $BUILDPLATFORM, or leave it out`, span)]
}

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
