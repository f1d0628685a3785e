import { parsePlatform } from '../ground/platform.ts'
import type { LowerRequest } from './lower.ts'

/** A Dockerfile to be lowered on and for linux/amd64, with nothing said of it, for tests. */
export function lowerRequest(text: string, options: Partial<LowerRequest> = {}): LowerRequest {
  return {
    source: { filename: 'Dockerfile', text },
    targetPlatform: parsePlatform('linux/amd64'),
    buildPlatform: parsePlatform('linux/amd64'),
    target: undefined,
    buildArgs: new Map(),
    labels: new Map(),
    sessionOf: () => 'session',
    sharedKeyHint: 'folder',
    contextName: 'context',
    ignorePatterns: [],
    noCache: 'none',
    networkMode: 'default',
    extraHosts: [],
    hostname: '',
    ulimits: [],
    shmSizeBytes: 0,
    cgroupParent: '',
    isMultiPlatform: false,
    ...options,
  }
}
