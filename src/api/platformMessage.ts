import { normalizePlatform, type Platform } from '../ground/platform.ts'
import type { Platform as PlatformMessage } from './gen/ops_pb.ts'

/** Undefined where none is named, as in a message without an OS. */
export function toPlatform(message: PlatformMessage | undefined): Platform | undefined {
  if (message === undefined || message.OS === '') return undefined
  const { OS: os, Architecture: architecture, Variant: variant, OSVersion: osVersion } = message
  return normalizePlatform({ os, architecture, variant, osVersion })
}
