import { BuildError } from '../../ground/errors.ts'
import { integerOf, textOf, type Database, type Row } from '../../kit/database.ts'
import type { FailedStep, FailedStepKeeper } from '../../ops/failedStep.ts'
import { toSnapshot } from '../../ops/snapshotResult.ts'
import type { SnapshotStore } from '../../snapshot/snapshotStore.ts'

export interface KeptStep extends FailedStep {
  readonly id: string
  readonly failedAtMs: number
}

/** What failed steps have left, in the store's database and among its snapshots: nothing runs or is mounted for it. */
export interface FailedStepStore extends FailedStepKeeper {
  /** The last one first; those that were pruned are left out. */
  list(): readonly KeptStep[]
  /** By the beginning of its id; '' is the last one. @throws FailedStepMissingError */
  find(id: string): KeptStep
  /** Removes what has been kept long enough. */
  sweep(signal: AbortSignal): Promise<void>
}

/** Enough for one that failed on several platforms; each may be large. */
const MAX_KEPT = 8
const KEPT_MS = 24 * 60 * 60 * 1000
const ID_LENGTH = 12

const MIGRATIONS = ['CREATE TABLE failed_step (id TEXT PRIMARY KEY, failed_at_ms INTEGER NOT NULL, step TEXT NOT NULL) STRICT']

export interface FailedStepDeps {
  readonly database: Database
  readonly snapshots: Pick<SnapshotStore, 'get' | 'remove'>
  readonly now: () => number
}

export function createFailedStepStore({ database, snapshots, now }: FailedStepDeps): FailedStepStore {
  database.migrate('failed-steps', MIGRATIONS)
  const all = (): readonly KeptStep[] => database.all('SELECT * FROM failed_step ORDER BY failed_at_ms DESC, rowid DESC').map(toStep)
  const isThere = ({ inputs, outputs }: FailedStep): boolean => [...inputs, ...outputs].every((result) => isPresent(snapshots, result))

  async function forget({ id, outputs }: KeptStep, signal: AbortSignal): Promise<void> {
    database.run('DELETE FROM failed_step WHERE id = ?', id)
    for (const output of outputs.map(toSnapshot)) if (output !== undefined) await snapshots.remove(output, now() + 1, signal)
  }

  async function sweep(signal: AbortSignal): Promise<void> {
    for (const [index, step] of all().entries()) if (index >= MAX_KEPT || step.failedAtMs < now() - KEPT_MS) await forget(step, signal)
  }

  return {
    async keep(step, signal) {
      const id = step.vertex.replace(/^.*:/, '').slice(0, ID_LENGTH)
      const before = all().find((kept) => kept.id === id)
      if (before !== undefined) await forget(before, signal)
      database.run('INSERT OR REPLACE INTO failed_step VALUES (?, ?, ?)', id, now(), JSON.stringify(step))
      await sweep(signal)
      return id
    },
    list: () => all().filter(isThere),
    find(id) {
      const found = all().find((step) => step.id.startsWith(id))
      if (found === undefined) throw new FailedStepMissingError(id)
      if (!isThere(found)) throw new FailedStepPrunedError(found.name)
      return found
    },
    sweep,
  }
}

function isPresent(snapshots: Pick<SnapshotStore, 'get'>, result: string): boolean {
  const id = toSnapshot(result)
  return id === undefined || snapshots.get(id) !== undefined
}

/** Only `keep` writes rows. */
function toStep(row: Row): KeptStep {
  return { ...(JSON.parse(textOf(row, 'step')) as FailedStep), id: textOf(row, 'id'), failedAtMs: integerOf(row, 'failed_at_ms') }
}

export class FailedStepMissingError extends BuildError {
  readonly kind = 'not-found'
  constructor(id: string) {
    super(id === '' ? 'no failed step is kept' : `no failed step is kept as ${JSON.stringify(id)}`, { hint: 'build again: a RUN that fails is kept for a day. See pelago debug --list' })
  }
}

export class FailedStepPrunedError extends BuildError {
  readonly kind = 'not-found'
  constructor(name: string) {
    super(`what ${name} has left was pruned`, { hint: 'build again: a RUN that fails is kept for a day' })
  }
}
