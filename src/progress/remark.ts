import { digestOf } from '../ground/digest.ts'
import type { ProgressSink } from './progressSink.ts'

/** Tells one line, as a step that is done at once: so it stands where it belongs among the others, however they are shown. */
export function remark(sink: ProgressSink, text: string, at: number): void {
  const vertex = digestOf(`remark\0${text}`)
  sink({ kind: 'vertex-announced', vertex, at, name: text, inputs: [] })
  sink({ kind: 'vertex-started', vertex, at })
  sink({ kind: 'vertex-done', vertex, at, outcome: { kind: 'executed' } })
}
