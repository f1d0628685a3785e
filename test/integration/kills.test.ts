import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { busyboxContext } from '../support/images/busyboxContext.ts'
import { startFakeRegistry, type FakeRegistry } from '../support/registry/fakeRegistry.ts'
import { openPelago, type Pelago } from '../support/pelago.ts'
import { missing } from '../support/requires.ts'
import { startPelago, type EndedCommand, type StartedCommand } from '../support/startedCommand.ts'
import { findLeftovers, findMounts, findProcesses, untilFound, untilNone } from '../support/engine/traces.ts'

/** Of the engine; what is killed may take as long to be gone, and a bit. */
const LINGER_SECONDS = 0.5
const GONE_MS = 60_000

/** A build that is met in one of its moments. */
interface Scene {
  readonly pelago: Pelago
  readonly registry: FakeRegistry
  readonly context: string
  /** Stands in the command line of what the step runs. */
  readonly mark: string
}

interface Moment {
  readonly name: string
  readonly args: (scene: Scene) => readonly string[]
  /** Resolves when the build is there. */
  readonly reached: (scene: Scene, command: StartedCommand) => Promise<unknown>
}

const moments: readonly Moment[] = [
  {
    name: 'a step',
    args: ({ mark }) => ['--build-arg', `PAUSE=${mark}`],
    reached: (_, command) => command.printed(/is paused/),
  },
  {
    name: 'an export',
    args: () => ['--build-arg', 'RANDOM_MB=60', '--output', 'type=oci,dest=image.tar'],
    reached: async ({ pelago }) => void (await untilFound(() => ingestOfSize(pelago, 4_000_000), 60_000)),
  },
  {
    name: 'a push',
    args: ({ registry }) => ['--tag', `${registry.host}/app:1`, '--push'],
    reached: async ({ registry }) => void (await untilFound(() => registry.requests.find(({ method }) => method === 'PUT'), 60_000)),
  },
]

interface Victim {
  readonly name: string
  readonly signal: NodeJS.Signals
  /** Undefined is the command itself. */
  readonly find: ((store: string) => number) | undefined
  /** What becomes of the command. */
  readonly status: number | NodeJS.Signals
}

const victims: readonly Victim[] = [
  { name: 'kill -9 of the command', signal: 'SIGKILL', find: undefined, status: 'SIGKILL' },
  { name: 'Ctrl-C', signal: 'SIGINT', find: undefined, status: 130 },
  { name: 'SIGTERM', signal: 'SIGTERM', find: undefined, status: 130 },
  { name: 'kill -9 of the engine', signal: 'SIGKILL', find: (store) => findEngine(store), status: 125 },
  { name: 'kill -9 of what entered the namespaces', signal: 'SIGKILL', find: (store) => findNamespaceProgram(store), status: 125 },
]

const STEPS = [
  'COPY note.txt .',
  'ARG RANDOM_MB=0',
  'RUN dd if=/dev/urandom of=random bs=1M count=$RANDOM_MB 2>/dev/null',
  'ARG PAUSE=0',
  // What it prints is not a part of the command itself, which is printed, too
  'RUN if [ $PAUSE != 0 ]; then echo half > result; echo "is pau""sed"; sleep $PAUSE; fi; cat note.txt > result; echo whole >> result',
]

async function setScene(undo: AsyncDisposableStack): Promise<Scene> {
  const pelago = undo.use(await openPelago({ PELAGO_LINGER: String(LINGER_SECONDS), PELAGO_WARM: '0' }))
  const registry = undo.use(await startFakeRegistry())
  const context = await pelago.context(busyboxContext(STEPS, { 'note.txt': 'a note\n' }))
  return { pelago, registry, context, mark: `86${String(process.hrtime.bigint()).slice(-9)}` }
}

async function killIn(moment: Moment, victim: Victim, scene: Scene): Promise<EndedCommand> {
  scene.registry.faults.uploads.isHeld = true
  await using command = startPelago(scene.pelago, ['build', '--progress=plain', ...moment.args(scene), scene.context])
  await moment.reached(scene, command)
  process.kill(victim.find?.(storeOf(scene.pelago)) ?? command.pid, victim.signal)
  return await command.ended
}

function storeOf({ env }: Pelago): string {
  return env['PELAGO_ROOT'] ?? ''
}

function isNode(argv: readonly string[]): boolean {
  return argv[0]?.endsWith('/node') === true
}

function findEngine(store: string): number {
  return findProcesses(store).find(({ argv }) => isNode(argv))?.pid ?? assert.fail('no engine runs')
}

/** The outermost of them, which was the first. */
function findNamespaceProgram(store: string): number {
  const pids = findProcesses(store).filter(({ argv }) => argv[0]?.endsWith('pelago-ns') === true).map(({ pid }) => pid)
  return pids.length > 0 ? Math.min(...pids) : assert.fail('no pelago-ns runs')
}

function ingestOfSize(pelago: Pelago, sizeBytes: number): string | undefined {
  const folder = join(storeOf(pelago), 'ingest')
  try {
    return readdirSync(folder).find((name) => statSync(join(folder, name)).size > sizeBytes)
  } catch {
    return undefined // not there yet, or gone meanwhile
  }
}

describe('a build that is killed', { skip: missing('crun', 'busybox') }, () => {
  for (const moment of moments) {
    for (const victim of victims) {
      it(`in the middle of ${moment.name} by ${victim.name} leaves nothing, and the next one succeeds`, async () => {
        await using undo = new AsyncDisposableStack()
        const scene = await setScene(undo)
        const { pelago, registry, context, mark } = scene
        const { status, output } = await killIn(moment, victim, scene)
        assert.equal(status, victim.status, output)
        assert.doesNotMatch(output, /bug in Pelago|^ +at /m)

        await untilNone(() => findProcesses(storeOf(pelago), mark), GONE_MS)
        assert.deepEqual(findMounts(pelago.folder.replace(/work$/, '')), [])
        assert.deepEqual(registry.requests.filter(({ method, path }) => method === 'PUT' && path.includes('/manifests/')), [])

        registry.faults.uploads.isHeld = false
        await pelago.succeed(['build', '--output', 'out', '--output', `type=image,push=true,name=${registry.host}/app:1`, context])
        assert.equal(readFileSync(join(pelago.folder, 'out/work/result'), 'utf8'), 'a note\nwhole\n')
        assert.equal((await fetch(`http://${registry.host}/v2/app/manifests/1`)).status, 200)
        await untilNone(() => findProcesses(storeOf(pelago)), GONE_MS)
        assert.deepEqual(findLeftovers(storeOf(pelago)), [])
      })
    }
  }
})
