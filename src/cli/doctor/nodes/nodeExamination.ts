import type { BuilderNode } from '../../../driver/builders/builder.ts'
import type { RunsHow } from '../../../driver/nodes/nodeFacts.ts'

/** What the doctor has found of one node of a builder. */
export interface NodeExamination {
  readonly node: Pick<BuilderNode, 'name' | 'endpoint'> & { readonly given: readonly string[] }
  readonly answer: NodeAnswer
}

export type NodeAnswer =
  | { readonly kind: 'silent'; readonly reason: string; readonly hint: string | undefined }
  /** Its container or pods are not there, or do not run: the first build starts them. */
  | { readonly kind: 'not-started' }
  | { readonly kind: 'buildkit'; readonly version: string; readonly platforms: readonly NodePlatformFacts[] }
  | PelagoAnswer

export interface PelagoAnswer {
  readonly kind: 'pelago'
  readonly version: string
  /** The store's folder there. */
  readonly root: string
  readonly snapshotter: string
  readonly isRootless: boolean
  readonly cpus: number
  readonly runningBuilds: number
  readonly platforms: readonly NodePlatformFacts[]
  /** Platforms of images that it does not run. */
  readonly missing: readonly { readonly platform: string; readonly reason: string; readonly hint: string }[]
}

export interface NodePlatformFacts {
  readonly platform: string
  readonly runs: RunsHow
}
