import { pause } from '../kit/retry.ts'
import type { ProgressSink } from '../progress/progressSink.ts'
import type { Registry, RegistryWait } from '../registry/registry.ts'
import { runStep, type Step } from './stepProgress.ts'

/** Shows each pause that a registry asks for as a step of its own, until it is disposed. */
export function showPauses(registry: Registry, progress: ProgressSink): Disposable {
  const end = new AbortController()
  const watch = registry.watchWaits((wait) => {
    // the step ends with the pause, or before it with the work that waits: neither is a failure
    void runStep(progress, describePause(wait), () => pause(wait.waitMs, end.signal).catch(() => undefined))
  })
  return {
    [Symbol.dispose]() {
      watch[Symbol.dispose]()
      end.abort()
    },
  }
}

/** The same as parts of a step. */
export function reportPauses(registry: Registry, { report }: Step): Disposable {
  return registry.watchWaits((wait) => report({ id: describePause(wait), action: '', currentBytes: 0, totalBytes: 0, isDone: true }))
}

function describePause({ host, waitMs }: RegistryWait): string {
  return `${host} limits requests: waiting ${(waitMs / 1000).toFixed(0)} s, as it asks`
}
