import type { Driver, EnginePlace } from '../driver.ts'
import type { Reached } from './dialEngine.ts'

/** How an engine is reached through a program of the user's. */
export interface ProgramWays {
  readonly name: string
  /** Starts what has to be started. @throws EngineUnavailableError; signal.reason */
  reach(signal: AbortSignal): Promise<Reached>
  /** Starts nothing: undefined where there is nothing to reach. @throws EngineUnavailableError; signal.reason */
  find(signal: AbortSignal): Promise<Reached | undefined>
  readonly place?: EnginePlace
}

/** A program that has to come up in a machine far away may take longer than an engine's answer. */
const ATTACH_MS = 10_000

export function createProgramDriver(ways: ProgramWays): Driver {
  return {
    name: ways.name,
    ...(ways.place !== undefined && { place: ways.place }),
    connect: async (signal) => (await ways.reach(signal)).engine,
    async dial(signal) {
      const { engine, openAnother } = await ways.reach(signal)
      await engine[Symbol.asyncDispose]()
      return { connection: openAnother().connection, isSameMachine: false }
    },
    async attach(signal) {
      try {
        return (await ways.find(AbortSignal.any([signal, AbortSignal.timeout(ATTACH_MS)])))?.engine
      } catch {
        signal.throwIfAborted()
        return undefined
      }
    },
  }
}
