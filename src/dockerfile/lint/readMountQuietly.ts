import { BuildError } from '../../ground/errors.ts'
import type { MountFlag } from '../instructions/instruction.ts'
import { readMountOptions, type MountOptions } from '../lower/steps/mountOptions.ts'

/** Undefined where the mount cannot be read, which is for the build to report. */
export function readMountQuietly(mount: MountFlag, expand: (text: string) => string): MountOptions | undefined {
  try {
    return readMountOptions(mount, expand)
  } catch (error) {
    if (error instanceof BuildError) return undefined
    throw error
  }
}
