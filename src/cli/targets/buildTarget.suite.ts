import type { BuildTarget } from '../../project/buildTarget.ts'

/** A target that says nothing, but for what a test is about. */
export function buildTarget(parts: Partial<BuildTarget>): BuildTarget {
  const none = { description: undefined, dockerfile: undefined, dockerfileInline: undefined, stage: undefined, shmSize: undefined, network: undefined, call: undefined }
  const lists = { tags: [], platforms: [], annotations: [], attests: [], cacheFrom: [], cacheTo: [], outputs: [], secrets: [], ssh: [], entitlements: [], extraHosts: [], ulimits: [], noCacheFilter: [] }
  return { name: 'app', context: '.', ...none, ...lists, contexts: new Map(), args: new Map(), labels: new Map(), pull: false, noCache: false, ...parts }
}
