import { buildxArgv } from '../../test/support/peers/buildx.ts'
import type { Contestant, Stage } from './contestant.ts'
import { dockerArgv } from './dockerCommand.ts'
import { startDockerd } from './dockerd.ts'
import { expectSuccess } from './expectSuccess.ts'
import { buildxFlags } from './pelago.ts'

/** The BuildKit in dockerd, by docker buildx without the docker command around it; images are in containerd's store, so that BuildKit packs them itself. */
export async function openBuildkit(stage: Stage): Promise<Contestant> {
  const dockerd = await startDockerd(stage, '--feature', 'containerd-snapshotter=true')
  const { env } = dockerd
  const buildx = (...args: string[]) => buildxArgv(args, 'peer')
  const daemon = await expectSuccess(dockerArgv('version', '--format', '{{.Server.Version}}'), env)
  const client = /v?(\d+\.\d+\.\d+)/.exec(await expectSuccess(buildx('version'), env))?.[1] ?? ''
  return {
    name: 'buildkit',
    version: `BuildKit of dockerd ${daemon.trim()}, buildx ${client}`,
    env,
    group: stage.group,
    refusal: () => undefined,
    commands: (job, target) => [buildx('build', '--quiet', '--provenance=false', '--network=none', ...buildxFlags(job, target), job.context)],
    async forget() {
      await expectSuccess(dockerArgv('system', 'prune', '--all', '--force'), env)
      await expectSuccess(buildx('prune', '--all', '--force'), env)
    },
    [Symbol.asyncDispose]: () => dockerd[Symbol.asyncDispose](),
  }
}
