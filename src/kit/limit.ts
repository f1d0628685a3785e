/**
 * A semaphore: bounds how much of one kind runs at once. Waiters are served by their rank, the highest first; of one rank
 * (0 where none is given) in order of arrival. Ranks grow while one waits, slowly, so that nobody waits for ever.
 */
export interface Limit {
  readonly max: number
  /** Waits for a place, runs `work` in it, gives the place back whatever comes of it. @throws signal.reason while it waits */
  run<T>(work: () => Promise<T>, signal: AbortSignal, rank?: number): Promise<T>
  /** A place to be held over more than one call; disposing it is idempotent. @throws signal.reason while it waits */
  acquire(signal: AbortSignal, rank?: number): Promise<Place>
}

export interface Place extends AsyncDisposable, Disposable {}

/** So often all places are given to others, and who waits counts as one rank more: else the last step of a build would wait behind the first ones of all builds that come after it. */
const ROUNDS_OF_A_RANK = 4

export function createLimit(max: number): Limit {
  let free = max
  let passedOn = 0
  const waiting = new Set<Turn>()

  const giveBack = (): void => {
    const next = highestOf(waiting)
    if (next === undefined) {
      free += 1
    } else {
      waiting.delete(next)
      passedOn += 1
      next.take() // the place passes on without ever being free, so that no newcomer overtakes
    }
  }

  const acquire = async (signal: AbortSignal, rank = 0): Promise<Place> => {
    signal.throwIfAborted()
    if (free > 0) free -= 1
    else await waitForTurn(waiting, rank - passedOn / (max * ROUNDS_OF_A_RANK), signal)
    return createPlace(giveBack)
  }

  return {
    max,
    acquire,
    async run(work, signal, rank) {
      const place = await acquire(signal, rank)
      try {
        return await work()
      } finally {
        place[Symbol.dispose]()
      }
    },
  }
}

/** Runs `work` on all of `items`, as many at once as `limit` has places; the first failure cancels the rest. Results in the items' order. */
export async function mapLimited<T, R>(items: readonly T[], limit: Limit, work: (item: T, signal: AbortSignal) => Promise<R>, signal: AbortSignal): Promise<R[]> {
  const failure = new AbortController()
  const inner = AbortSignal.any([signal, failure.signal])
  const settled = await Promise.allSettled(
    items.map((item) =>
      limit
        .run(() => work(item, inner), inner)
        .catch((error: unknown) => {
          failure.abort(error) // only the first counts: what the others throw is its consequence
          throw error
        }),
    ),
  )
  signal.throwIfAborted()
  failure.signal.throwIfAborted()
  return settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
}

interface Turn {
  /** Beside those of the others: lower the later one has come. */
  readonly rank: number
  readonly take: () => void
}

/** The one that came first of those with the highest rank. */
function highestOf(waiting: ReadonlySet<Turn>): Turn | undefined {
  let highest: Turn | undefined
  for (const turn of waiting) if (highest === undefined || turn.rank > highest.rank) highest = turn
  return highest
}

function waitForTurn(waiting: Set<Turn>, rank: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const take = (): void => {
      signal.removeEventListener('abort', leave)
      resolve()
    }
    const turn: Turn = { rank, take }
    const leave = (): void => {
      waiting.delete(turn)
      reject(signal.reason as Error)
    }
    waiting.add(turn)
    signal.addEventListener('abort', leave, { once: true })
  })
}

function createPlace(giveBack: () => void): Place {
  let held = true
  const dispose = (): void => {
    if (!held) return
    held = false
    giveBack()
  }
  return {
    [Symbol.dispose]: dispose,
    async [Symbol.asyncDispose]() {
      dispose()
    },
  }
}
