import type { Platform as PlatformMessage } from '../../api/gen/ops_pb.ts'
import { normalizePlatform, type Platform } from '../../ground/platform.ts'

/** Undefined where none is named. */
export function toPlatform(message: PlatformMessage | undefined): Platform | undefined {
  if (message === undefined) return undefined
  const { OS: os, Architecture: architecture, Variant: variant, OSVersion: osVersion } = message
  return normalizePlatform({ os, architecture, variant, osVersion })
}
