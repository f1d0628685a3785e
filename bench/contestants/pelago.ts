import { cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BuildJob, BuildOutput } from '../scenario.ts'
import { inGroups } from '../measure/runMeasured.ts'
import { expectSuccess } from './expectSuccess.ts'
import type { Contestant, ContestantName, Stage, Target } from './contestant.ts'

const HOME = fileURLToPath(new URL('../..', import.meta.url))
const HOST = `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`
/** The engine stays warm over the longest wait for the others. */
const LINGER_SECONDS = 1_800

/** The bundle of this checkout as it is installed, in `folder`: the command looks at no sources. */
export async function installPelago(folder: string): Promise<string> {
  mkdirSync(join(folder, 'native'), { recursive: true })
  await expectSuccess([process.execPath, '--disable-warning=ExperimentalWarning', join(HOME, 'scripts/bundle.ts'), join(folder, 'dist')], {})
  for (const path of ['bin', 'native/build', 'package.json']) cpSync(join(HOME, path), join(folder, path), { recursive: true })
  symlinkSync(join(HOME, 'node_modules'), join(folder, 'node_modules'))
  return join(folder, 'bin/pelago')
}

export type PelagoName = Extract<ContestantName, `pelago${string}`>

/** @param program of `installPelago` */
export async function openPelagoContestant(program: string, { folder, group }: Stage, name: PelagoName): Promise<Contestant> {
  const runtime = join(folder, 'runtime')
  mkdirSync(runtime, { recursive: true })
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    XDG_RUNTIME_DIR: runtime,
    PELAGO_ROOT: join(folder, 'store'),
    PELAGO_LINGER: `${LINGER_SECONDS}`,
    NO_COLOR: '1',
  }
  const version = await expectSuccess([program, 'version'], env)
  // an engine that a command starts is counted where the command is
  const call = async (...args: string[]): Promise<string> => await expectSuccess(inGroups(group?.folders ?? [], [program, ...args]), env)
  return {
    name,
    version: version.trim(),
    env,
    group,
    refusal: (job) => refusal(name, job),
    commands: (job, target) => [[program, 'build', '--quiet', '--provenance=false', '--network=none', ...accelerateFlags(name, job), ...buildxFlags(job, target), job.context]],
    async forget() {
      const images = await call('image', 'ls', '--quiet')
      const names = images.split('\n').filter((line) => line !== '')
      if (names.length > 0) await call('image', 'rm', '--force', ...names)
      await call('prune', '--all', '--force')
    },
    async [Symbol.asyncDispose]() {
      await call('stop')
    },
  }
}

function refusal(name: PelagoName, { platforms, toolchain }: BuildJob): string | undefined {
  if (name === 'pelago') return undefined
  if (platforms.every((platform) => platform === HOST)) return 'has nothing to accelerate'
  return name === 'pelago-toolchain' && toolchain === undefined ? 'is for compilers' : undefined
}

/** The cross compilers come as an image, nothing being fetched while it is measured. */
function accelerateFlags(name: PelagoName, { toolchain }: BuildJob): readonly string[] {
  switch (name) {
    case 'pelago':
      return []
    case 'pelago-twins':
      return ['--accelerate']
    case 'pelago-toolchain':
      return ['--accelerate=toolchain', '--build-context', `pelago-toolchain=docker-image://${toolchain ?? ''}`]
  }
}

/** The flags that Pelago has from docker buildx. */
export function buildxFlags({ platforms, output }: BuildJob, target: Target): readonly string[] {
  return ['--platform', platforms.join(','), ...outputFlags(output, target)]
}

function outputFlags(output: BuildOutput, { tag, archive }: Target): readonly string[] {
  switch (output.kind) {
    case 'cache':
      return ['--output', 'type=cacheonly']
    case 'store':
      return ['--tag', tag]
    case 'registry':
      return output.compression === 'gzip' ? ['--tag', tag, '--push'] : ['--output', `type=registry,name=${tag},compression=${output.compression},force-compression=true`]
    case 'archive':
      return ['--output', `type=oci,dest=${archive},compression=${output.compression},force-compression=${output.compression === 'zstd'}`]
  }
}
