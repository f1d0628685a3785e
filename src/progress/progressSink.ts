import type { ProgressEvent } from './progressEvent.ts'

/** Where events go. Never blocks and never throws. */
export type ProgressSink = (event: ProgressEvent) => void

export const silentSink: ProgressSink = () => undefined
