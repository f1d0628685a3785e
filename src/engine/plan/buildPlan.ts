import type { AccelerateMode } from '../../graph/accelerate.ts'

/** What a build would do, told before it does it. As JSON it is the answer to `pelago.plan`; names and meanings of its fields stay. */
export interface BuildPlan {
  readonly version: 1
  /** What runs natively here. */
  readonly buildPlatform: string
  /** What is built for. */
  readonly platforms: readonly string[]
  /** Why a build would fail. Empty: it could run. */
  readonly problems: readonly PlanProblem[]
  /** All of the Dockerfile, in order. */
  readonly stages: readonly PlanStage[]
  readonly images: readonly PlanImage[]
  readonly time: PlanTime
  readonly accelerate: PlanAccelerate
  readonly edits: readonly PlanEdit[]
  /** Every vertex of the build by the digest and the name that its progress has. */
  readonly vertices: readonly PlanVertex[]
}

/** Lines are counted from 1; both ends belong to it. */
export interface LineRange {
  readonly startLine: number
  readonly endLine: number
}

export interface PlanProblem {
  readonly kind: 'platform-missing' | 'image-missing' | 'emulator-missing' | 'step'
  readonly message: string
  readonly hint?: string | undefined
  readonly lines?: LineRange | undefined
  /** Those of the build that fail by it. */
  readonly platforms: readonly string[]
}

export interface PlanStage {
  readonly index: number
  /** '' where it has none. */
  readonly name: string
  /** As FROM has it. */
  readonly base: string
  readonly lines: LineRange
  readonly isNeeded: boolean
  /** What it runs on: several where it is made for each. */
  readonly runsOn: readonly string[]
  /** Whether all platforms share all of it. */
  readonly isOnce: boolean
  /** Those that make files; the rest changes the image's config, and takes no time. */
  readonly steps: readonly PlanStep[]
}

export interface PlanStep {
  readonly lines: LineRange
  /** On one line. */
  readonly text: string
  /** What it comes to, once for each that is not the same. */
  readonly runs: readonly PlanRun[]
}

export type PlanState =
  | 'cached'
  | 'runs'
  /** `until` decides. */
  | 'unknown'
  /** A problem is in the way of telling. */
  | 'blocked'

export interface PlanRun {
  /** The platforms of the build that it is for. */
  readonly platforms: readonly string[]
  readonly state: PlanState
  /** How its process runs; `none` where there is no process. */
  readonly mode: PlanMode
  readonly emulator?: string | undefined
  /** Whether it is given native twins of emulated programs. */
  readonly hasTwins: boolean
  /** Why it cannot even begin: a file that it copies is not there. */
  readonly failure?: string | undefined
  /** What is to be there before more can be told. */
  readonly until: readonly PlanPlace[]
  /** As long as it took the last time; absent where that is not known. */
  readonly expectedMs?: number | undefined
  /** Digests of its vertices. */
  readonly vertices: readonly string[]
}

export type PlanMode = 'native' | 'emulated' | 'impossible' | 'none'

/** A step, or an image whose files are not here. */
export interface PlanPlace {
  readonly stage: number
  readonly line: number
  readonly isImage: boolean
  readonly text: string
}

export interface PlanImage {
  /** As the Dockerfile has it. */
  readonly written: string
  /** With the digest it was resolved to. */
  readonly reference: string
  /** What is asked for, and what the image is for. */
  readonly platform: string
  readonly found: string
  readonly lines: readonly number[]
  readonly layers: number
  readonly sizeBytes: number
  readonly layersHere: number
  readonly bytesHere: number
  readonly need: 'needed' | 'unknown' | 'not-needed'
  /** What a build would pull: 0 where nothing needs its files. */
  readonly pullBytes: number
}

/** Of the steps that run, or may: how long they took the last time. */
export interface PlanTime {
  readonly timedSteps: number
  readonly untimedSteps: number
  readonly nativeMs: number
  readonly emulatedMs: number
  readonly sumMs: number
  /** Of steps each of which waits for the one before it, the longest chain: no build is faster. */
  readonly criticalPathMs: number
  readonly criticalPath: readonly PlanPlace[]
}

/** Native twins of emulated programs. */
export interface PlanAccelerate {
  /** What the build is asked for. */
  readonly mode: AccelerateMode
  /** Emulated steps that run, or may, and that have twins; where they are off, all that are emulated. */
  readonly steps: number
  /** What these steps take less with twins, by the last builds; absent where none has run both ways. */
  readonly savesMs?: number | undefined
  /** Why stages have none, by platform. */
  readonly missing: readonly { readonly platform: string; readonly reasons: readonly string[] }[]
}

export interface PlanEdit {
  /** A name that stays: `copy-before-install`. */
  readonly id: string
  readonly message: string
  readonly lines: LineRange
  /** What could stand there instead; absent where that is for the author to write. */
  readonly instead?: string | undefined
  readonly savesMs?: number | undefined
  readonly savesBytes?: number | undefined
}

export interface PlanVertex {
  readonly digest: string
  readonly name: string
  readonly state: PlanState
}
