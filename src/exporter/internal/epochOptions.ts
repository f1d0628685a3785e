import { invalidEpoch, parseEpochSeconds } from '../../ground/quantity/sourceDateEpoch.ts'
import type { ExportProgress } from '../exporter.ts'
import type { AttributeReader } from './attributeReader.ts'

/** What an exporter is told of times. */
export interface EpochOptions {
  /** Seconds since 1970; undefined where there is none. */
  readonly epochSeconds: number | undefined
  /** Whether later times of files become it. */
  readonly rewritesTimes: boolean
}

/** `source-date-epoch`, of which '' is none, and `rewrite-timestamp`. @throws InvalidValueError */
export function readEpochOptions(attributes: AttributeReader): EpochOptions {
  const text = attributes.text('source-date-epoch') ?? ''
  const epochSeconds = parseEpochSeconds(text)
  if (text !== '' && epochSeconds === undefined) throw invalidEpoch('source-date-epoch', text)
  return { epochSeconds, rewritesTimes: attributes.flag('rewrite-timestamp', false) }
}

/** Warns of times that are to be rewritten to nothing, as BuildKit does in its log. */
export function warnOfMissingEpoch({ epochSeconds, rewritesTimes }: EpochOptions, { sink }: ExportProgress): void {
  if (!rewritesTimes || epochSeconds !== undefined) return
  sink({
    kind: 'warning', vertex: undefined, at: Date.now(), url: undefined, span: undefined,
    message: 'rewrite-timestamp=true has no effect without SOURCE_DATE_EPOCH',
    detail: ['Set SOURCE_DATE_EPOCH in the environment of the command, by --build-arg, or by an ARG before the first FROM.'],
  })
}
