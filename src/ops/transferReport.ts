import type { OpContext } from '../solver/op.ts'

/** Tells how far a transfer is, no more often than an eye can follow. */
export interface TransferReport {
  /** From the first byte on; 0 is an unknown size. */
  begin(totalBytes: number): void
  add(sizeBytes: number): void
  end(): void
}

const PROGRESS_INTERVAL_MS = 100

export function createTransferReport(id: string, { vertex, progress }: OpContext, now: () => number): TransferReport {
  let currentBytes = 0
  let totalBytes = 0
  let toldAt = -Infinity
  const tell = (state: 'running' | 'done'): void => {
    toldAt = now()
    progress({ kind: 'vertex-progress', vertex: vertex.digest, at: toldAt, id, action: '', currentBytes, totalBytes, state })
  }
  return {
    begin(total) {
      currentBytes = 0
      totalBytes = total
    },
    add(sizeBytes) {
      currentBytes += sizeBytes
      if (now() - toldAt >= PROGRESS_INTERVAL_MS) tell('running')
    },
    end: () => tell('done'),
  }
}
