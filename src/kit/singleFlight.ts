/** Equal work in flight is done once: whoever asks for the same key meanwhile shares it. Nothing is kept once it is done. */
export interface SingleFlight<K, T> {
  /**
   * Starts `work`, or joins the one under way for `key`. A caller whose `signal` aborts leaves with its reason;
   * the work's own signal aborts when the last has left. Work that is being cancelled is not joined.
   */
  run(key: K, work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T>
}

interface Flight<T> {
  readonly cancel: AbortController
  readonly result: Promise<T>
  passengers: number
}

export function createSingleFlight<K, T>(): SingleFlight<K, T> {
  const flights = new Map<K, Flight<T>>()

  const start = (key: K, work: (signal: AbortSignal) => Promise<T>): Flight<T> => {
    const cancel = new AbortController()
    const result = Promise.resolve().then(() => work(cancel.signal))
    const flight: Flight<T> = { cancel, result, passengers: 0 }
    flights.set(key, flight)
    const land = (): void => {
      if (flights.get(key) === flight) flights.delete(key)
    }
    void result.then(land, land) // whoever runs it meets its error; here only its end counts
    return flight
  }

  return {
    async run(key, work, signal) {
      signal.throwIfAborted()
      const flight = flights.get(key) ?? start(key, work)
      flight.passengers += 1
      try {
        return await orAborted(flight.result, signal)
      } finally {
        flight.passengers -= 1
        if (flight.passengers === 0) {
          if (flights.get(key) === flight) flights.delete(key)
          flight.cancel.abort(signal.reason)
        }
      }
    },
  }
}

/** What `promise` gives, unless `signal` aborts first. The promise itself goes on. @throws signal.reason */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const leave = (): void => aborted.reject(signal.reason as Error)
  signal.addEventListener('abort', leave, { once: true })
  try {
    return await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}
