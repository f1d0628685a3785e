import { createLimit, mapLimited } from '../../kit/limit.ts'
import { runPlatform, type ContainerTest } from './runPlatform.ts'
import type { TestDisplay } from './testDisplay.ts'
import { isPassed, type TestPlatform, type TestResult, type TestRun } from './testRun.ts'

export interface TestSuite {
  readonly platforms: readonly TestPlatform[]
  /** Platforms at once; the runs of one come one after the other, so that they do not slow each other down. */
  readonly parallel: number
  readonly repeat: number
  readonly isFailFast: boolean
  readonly containerFor: (on: TestPlatform) => Omit<ContainerTest, 'name' | 'watch'>
  readonly display: TestDisplay
}

/** Runs all, the native ones first: they take no longer for the emulated ones that come after. Results in the order of `platforms`. */
export async function runTests(suite: TestSuite, signal: AbortSignal): Promise<readonly TestResult[]> {
  const ordered = [...suite.platforms].sort((a, b) => Number(a.emulator !== '') - Number(b.emulator !== ''))
  const stop = new AbortController()
  const results = await mapLimited(ordered, createLimit(suite.parallel), (on, inner) => testPlatform(suite, on, stop, inner), signal)
  return suite.platforms.flatMap((on) => results.filter((result) => result.on === on))
}

async function testPlatform(suite: TestSuite, on: TestPlatform, stop: AbortController, signal: AbortSignal): Promise<Extract<TestResult, { kind: 'tested' }>> {
  const runs: TestRun[] = []
  for (let number = 1; number <= suite.repeat; number++) {
    const name = suite.repeat === 1 ? on.platform : `${on.platform} #${number}`
    const watch = suite.display.watch(on, name)
    const run = await runPlatform({ ...suite.containerFor(on), name, watch }, stop.signal, signal)
    watch.ended(run)
    runs.push(run)
    if (suite.isFailFast && !isPassed(run)) stop.abort()
    if (stop.signal.aborted) break
  }
  return { kind: 'tested', on, runs }
}
