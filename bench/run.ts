import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPeer, type Peer } from './peer.ts'
import { runTimed } from './runTimed.ts'

/*
 * Pelago against BuildKit, in pairs on one machine. Each scenario is a build that both are told in their own words.
 */

const RUNS = Number(process.env['BENCH_RUNS'] ?? 5)
const FILES = Number(process.env['BENCH_FILES'] ?? 5_000)
const LAYER_MB = Number(process.env['BENCH_LAYER_MB'] ?? 256)
const PELAGO = join(import.meta.dirname, '..', 'bin', 'pelago')

interface Scenario {
  readonly name: string
  readonly context: string
  readonly push: boolean
  /** What changes before each run; `run` counts them. */
  readonly change: (run: number) => void
}

const folder = mkdtempSync(join(tmpdir(), 'pelago-bench-'))
const env = { ...process.env, PELAGO_ROOT: join(folder, 'store') }
try {
  await using peer = await openPeer(folder)
  for (const scenario of [cached(), oneFile(), layerExport()]) await measure(scenario, peer)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function measure({ name, context, push, change }: Scenario, { docker, registry }: Peer): Promise<void> {
  const pelago: number[] = []
  const buildkit: number[] = []
  const tag = (tool: string): string => `${registry}/bench-${name.replaceAll(' ', '-')}-${tool}:latest`
  for (let run = -1; run < RUNS; run += 1) {
    change(run * 2)
    const ours = await runTimed([PELAGO, 'build', '-q', '-t', tag('pelago'), ...(push ? ['--push'] : []), context], env)
    change(run * 2 + 1)
    const theirs = docker === undefined ? undefined : await docker.build(tag('buildkit'), context, push)
    if (run < 0) continue // the first of each warms up
    pelago.push(ours)
    if (theirs !== undefined) buildkit.push(theirs)
  }
  const [ours, theirs] = [median(pelago), median(buildkit)]
  const ratio = Number.isNaN(theirs) ? 'no peer here' : `BuildKit ${theirs.toFixed(0)} ms   ratio ${(ours / theirs).toFixed(2)}`
  process.stdout.write(`${name.padEnd(10)} Pelago ${ours.toFixed(0)} ms   ${ratio}\n`)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
}

function newContext(name: string, dockerfile: string): string {
  const context = join(folder, name)
  mkdirSync(context)
  writeFileSync(join(context, 'Dockerfile'), dockerfile)
  return context
}

function cached(): Scenario {
  const context = newContext('cached', ['FROM scratch', ...Array.from({ length: 9 }, (_, step) => `COPY file${step} /`)].join('\n'))
  for (let step = 0; step < 9; step += 1) writeFileSync(join(context, `file${step}`), String(step))
  return { name: 'cached', context, push: false, change: () => undefined }
}

function oneFile(): Scenario {
  const context = newContext('one-file', 'FROM scratch\nCOPY . /app\n')
  for (let file = 0; file < FILES; file += 1) {
    const inside = join(context, `d${file % 100}`)
    mkdirSync(inside, { recursive: true })
    writeFileSync(join(inside, `f${file}`), randomBytes(25_000))
  }
  return { name: 'one file', context, push: false, change: (run) => writeFileSync(join(context, 'd0', 'f0'), `changed ${run}`) }
}

function layerExport(): Scenario {
  const context = newContext('export', 'FROM scratch\nCOPY data /data\n')
  const block = Buffer.concat([randomBytes(512 * 1024), Buffer.alloc(512 * 1024, 'the quick brown fox ')])
  const change = (run: number): void => writeFileSync(join(context, 'data'), Buffer.concat([Buffer.from(`run ${run} ${Math.random()}`), ...Array.from({ length: LAYER_MB }, () => block)]))
  return { name: 'export', context, push: true, change }
}
