import { create } from '@bufbuild/protobuf'
import { BuildHistoryEventSchema, BuildHistoryEventType, BuildHistoryRecordSchema, type BuildHistoryEvent, type BuildHistoryRecord } from '../../api/gen/control_pb.ts'
import { createEventQueue, type EventQueue } from '../eventQueue.ts'

/** Who listens to what becomes of builds. */
export interface HistoryListeners {
  started(record: BuildHistoryRecord): void
  completed(record: BuildHistoryRecord): void
  deleted(ref: string): void
  /** All that is told from now on, until `signal` aborts or the reader stops. */
  listen(signal: AbortSignal): AsyncIterable<BuildHistoryEvent>
}

export function createHistoryListeners(): HistoryListeners {
  const queues = new Set<EventQueue<BuildHistoryEvent>>()
  const tell = (type: BuildHistoryEventType, record: BuildHistoryRecord): void => {
    for (const queue of queues) queue.push(historyEvent(type, record))
  }
  return {
    started: (record) => tell(BuildHistoryEventType.STARTED, record),
    completed: (record) => tell(BuildHistoryEventType.COMPLETE, record),
    deleted: (ref) => tell(BuildHistoryEventType.DELETED, create(BuildHistoryRecordSchema, { Ref: ref })),
    listen(signal) {
      const queue = createEventQueue<BuildHistoryEvent>()
      queues.add(queue)
      return read(queue, signal, () => queues.delete(queue))
    },
  }
}

async function* read(queue: EventQueue<BuildHistoryEvent>, signal: AbortSignal, leave: () => void): AsyncGenerator<BuildHistoryEvent> {
  const end = (): void => queue.end()
  signal.addEventListener('abort', end)
  try {
    yield* queue.read()
  } finally {
    leave()
    signal.removeEventListener('abort', end)
  }
}

export function historyEvent(type: BuildHistoryEventType, record: BuildHistoryRecord): BuildHistoryEvent {
  return create(BuildHistoryEventSchema, { type, record })
}
