import { PassThrough, Writable } from 'node:stream'
import { createEmbeddedDriver } from '../../driver/embeddedDriver.ts'
import { runCommandLine, type Surroundings } from '../dispatch.ts'

/** Longer a question to an engine may not take. */
const ANSWER_MS = 5_000
/** What is run the second time costs a tenth of the first, and V8 compiles in earnest what is run some more. */
const TIMES = 4
/** What most Dockerfiles have. Nothing of it is built, so none of it need be there. */
const DOCKERFILE = ['FROM scratch AS base', 'ARG VERSION=1', 'ENV VERSION=$VERSION', 'WORKDIR /app', 'COPY package.json package-lock.json ./', 'RUN --mount=type=cache,target=/cache make', 'COPY . .', 'FROM scratch', 'COPY --from=base --chown=1:1 /app /app', 'EXPOSE 80', 'LABEL version=$VERSION', 'CMD ["/app/run"]', ''].join('\n')

/**
 * Has the modules loaded and the code compiled that builds need, by a question to the engine that waits, of which nothing
 * is kept: whether a Dockerfile has mistakes. False where no engine waits.
 */
export async function rehearse(env: Readonly<NodeJS.ProcessEnv>): Promise<boolean> {
  const signal = AbortSignal.timeout(ANSWER_MS)
  const engine = await createEmbeddedDriver({ env }).attach(signal).catch(() => undefined)
  if (engine === undefined) return false
  await engine[Symbol.asyncDispose]()
  await import('../build/performBuild.ts')
  for (let time = 0; time < TIMES; time += 1) await runCommandLine(['--builder', 'embedded', 'build', '--call', 'check', '-'], unheard(env, signal))
  return true
}

function unheard(env: Readonly<NodeJS.ProcessEnv>, signal: AbortSignal): Surroundings {
  const nowhere = (): Writable => new Writable({ write: (_bytes, _encoding, done) => done() })
  const dockerfile = new PassThrough().end(DOCKERFILE)
  return {
    env,
    workingFolder: '/',
    openStdin: () => dockerfile,
    stdout: nowhere(),
    stderr: nowhere(),
    now: Date.now,
    onSignal(handler) {
      const stop = (): void => handler('SIGTERM')
      signal.addEventListener('abort', stop)
      return () => signal.removeEventListener('abort', stop)
    },
    exit: () => undefined,
  }
}
