import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDockerRegistry } from '../test/support/registry/dockerRegistry.ts'
import type { BenchRequest } from './arguments.ts'
import type { Contestant, ContestantName } from './contestants/contestant.ts'
import { missingContestant, openContestants } from './contestants/openContestants.ts'
import { installPelago } from './contestants/pelago.ts'
import { readMachine } from './machine.ts'
import { measureCase } from './measure/measureCase.ts'
import { openWorkshops, type Workshops } from './openWorkshop.ts'
import type { BenchReport, CaseResult } from './results/result.ts'
import type { Case, Scenario } from './scenario.ts'

/** Told as it happens, for who waits. */
export interface BenchProgress {
  note(text: string): void
  scenarioDone(scenario: Scenario, cases: readonly CaseResult[]): void
}

interface Bench {
  readonly request: BenchRequest
  readonly folder: string
  readonly program: string
  readonly workshops: Workshops
  readonly progress: BenchProgress
  readonly signal: AbortSignal
}

/** Runs what is asked for, and leaves nothing behind but what `openWorkshops` has in its cache. */
export async function runBench(request: BenchRequest, progress: BenchProgress, signal: AbortSignal): Promise<BenchReport> {
  const [startedAt, machine] = [new Date(), readMachine()]
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'pelago-bench-'))
  stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }))
  const program = await installPelago(join(folder, 'installed'))
  const workshops = stack.use(await openWorkshops(signal))
  const bench = { request, folder, program, workshops, progress, signal }
  const versions = new Map<ContestantName, string>()
  const cases: CaseResult[] = []
  // those without emulation first: the builders that can emulate are started in namespaces of their own
  for (const isEmulated of [false, true]) {
    const scenarios = request.scenarios.filter((scenario) => scenario.isEmulated === isEmulated)
    if (scenarios.length > 0) cases.push(...(await runScenarios(scenarios, isEmulated, bench, versions)))
  }
  return { machine, versions: Object.fromEntries(versions), startedAt: startedAt.toISOString(), tookMs: Date.now() - startedAt.getTime(), cases }
}

async function runScenarios(scenarios: readonly Scenario[], isEmulated: boolean, bench: Bench, versions: Map<ContestantName, string>): Promise<readonly CaseResult[]> {
  const names = bench.request.contestants.filter((name) => takesPart(name, isEmulated)).filter((name) => isHere(name, bench))
  const folder = join(bench.folder, isEmulated ? 'emulated' : 'native')
  await mkdir(folder)
  await using contestants = await openContestants(names, folder, { program: bench.program, isEmulated })
  for (const { name, version } of contestants.all) versions.set(name, version)
  const all: CaseResult[] = []
  for (const scenario of scenarios) {
    const results: CaseResult[] = []
    for (const one of scenario.cases(bench.request.scale)) results.push(await runCase(scenario, one, contestants.all, bench))
    bench.progress.scenarioDone(scenario, results)
    all.push(...results)
  }
  return all
}

/** Twins are for emulated steps; for dockerd's own builder those are the same as for its BuildKit, and take as long. */
function takesPart(name: ContestantName, isEmulated: boolean): boolean {
  return isEmulated ? name !== 'docker' : name !== 'pelago-twins' && name !== 'pelago-toolchain'
}

function isHere(name: ContestantName, { progress }: Bench): boolean {
  const reason = missingContestant(name)
  if (reason !== false) progress.note(`without ${name}: ${reason}`)
  return reason === false
}

async function runCase(scenario: Scenario, one: Case, contestants: readonly Contestant[], { request, folder, workshops, progress, signal }: Bench): Promise<CaseResult> {
  signal.throwIfAborted()
  progress.note(`${scenario.name}: ${one.name}`)
  await using stack = new AsyncDisposableStack()
  const own = await mkdtemp(join(folder, 'case-'))
  stack.defer(() => rm(own, { recursive: true, force: true }))
  const [context, archives] = [join(own, 'context'), join(own, 'archives')]
  for (const path of [context, archives]) await mkdir(path)
  const registry = stack.use(await startDockerRegistry())
  const job = await one.prepare(workshops.open(context))
  const name = `${scenario.name} ${one.name}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  const outcomes = await measureCase(contestants, job, { runs: Math.min(request.runs, scenario.mostRuns ?? Infinity), registry: registry.host, folder: archives, name, signal })
  const { name: caseName, amount } = one
  return { scenario: scenario.name, case: caseName, scale: request.scale, ...(amount === undefined ? {} : { amount }), outcomes }
}
