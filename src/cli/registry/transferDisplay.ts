import type { TransferEvent, TransferProgress } from '../../api/gen/local_pb.ts'
import { digestOf } from '../../ground/digest.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'
import type { CommandContext } from '../command.ts'
import { openDisplay } from '../render/display.ts'
import type { ProgressMode } from '../render/progressMode.ts'

/** One image on its way, drawn as a step of a build. */
export interface TransferStep {
  progress(event: Pick<TransferProgress, 'id' | 'action' | 'current' | 'total' | 'done'>): void
  warn(message: string): void
  done(): void
  failed(message: string): void
}

/** What moves images, drawn as a build of one step. Disposing it without `done` is a failure. */
export interface TransferDisplay extends TransferStep, Disposable {}

export function openTransferDisplay(name: string, mode: ProgressMode, context: CommandContext): TransferDisplay {
  const display = openDisplay(mode, context)
  return {
    ...startTransferStep(name, display.sink, context),
    [Symbol.dispose]() {
      display[Symbol.dispose]()
    },
  }
}

/** A step of a build that `emit` draws; its name is its own. */
export function startTransferStep(name: string, emit: ProgressSink, context: Pick<CommandContext, 'now'>): TransferStep {
  const vertex = digestOf(name)
  emit({ kind: 'vertex-announced', vertex, at: context.now(), name, inputs: [] })
  emit({ kind: 'vertex-started', vertex, at: context.now() })
  return {
    progress({ id, action, current, total, done }) {
      emit({ kind: 'vertex-progress', vertex, at: context.now(), id, action, currentBytes: Number(current), totalBytes: Number(total), state: done ? 'done' : 'running' })
    },
    warn(message) {
      emit({ kind: 'warning', vertex: undefined, at: context.now(), message, detail: [], url: undefined, span: undefined })
    },
    done() {
      emit({ kind: 'vertex-done', vertex, at: context.now(), outcome: { kind: 'executed' } })
    },
    failed(message) {
      emit({ kind: 'vertex-done', vertex, at: context.now(), outcome: { kind: 'failed', message } })
    },
  }
}

/** Draws a transfer to its end. The digest of what was moved. */
export async function followTransfer(events: AsyncIterable<TransferEvent>, display: TransferStep): Promise<{ readonly digest: string; readonly sizeBytes: number } | undefined> {
  let moved: { readonly digest: string; readonly sizeBytes: number } | undefined
  for await (const { event } of events) {
    if (event.case === 'progress') display.progress(event.value)
    if (event.case === 'warning') display.warn(event.value)
    if (event.case === 'done') moved = { digest: event.value.digest, sizeBytes: Number(event.value.size) }
  }
  display.done()
  return moved
}
