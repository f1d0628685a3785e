import type { Definition } from '../../api/gen/ops_pb.ts'
import type { Policy } from '../../api/gen/sourcepolicy_pb.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'
import { createBuildContainers, type BuildContainers } from './buildContainers.ts'
import { createOpenBuilds, type OpenBuilds } from '../openBuilds.ts'

/** What calls of `LLBBridge` besides those that build need of a build that the client drives. */
export interface ClientBuild {
  readonly sessionId: string
  readonly progress: ProgressSink
  /** Rules about what all that it builds may fetch. */
  readonly sourcePolicies: readonly Policy[]
  /** What the user lets it do. */
  readonly entitlements: readonly string[]
  /** Of the client's own; they end with the build. */
  readonly containers: BuildContainers
  /** As the client gave them. */
  readonly inputs: Readonly<Record<string, Definition>>
}

/** The builds that clients drive, by their references. */
export interface ClientBuilds extends Pick<OpenBuilds<ClientBuild>, 'find'> {
  /** Takes calls until it is disposed. @throws InvalidValueError where one of that name is there */
  open(ref: string, build: Omit<ClientBuild, 'containers'>): AsyncDisposable
}

export function createClientBuilds(): ClientBuilds {
  const builds = createOpenBuilds<ClientBuild>()
  return {
    find: (ref, signal) => builds.find(ref, signal),
    open(ref, build) {
      const containers = createBuildContainers()
      builds.add(ref, { ...build, containers })
      return {
        async [Symbol.asyncDispose]() {
          builds.end(ref)
          await containers[Symbol.asyncDispose]()
        },
      }
    },
  }
}
