import type { BuildJob } from '../scenario.ts'
import type { Contestant, Stage } from './contestant.ts'
import { dockerArgv } from './dockerCommand.ts'
import { startDockerd } from './dockerd.ts'
import { expectSuccess } from './expectSuccess.ts'

/** What dockerd built with before BuildKit: a container for each step. */
export async function openDocker(stage: Stage): Promise<Contestant> {
  // of the machine's groups a container would find none, the daemon's being in a namespace
  const dockerd = await startDockerd(stage, '--default-cgroupns-mode', 'private')
  const env = { ...dockerd.env, DOCKER_BUILDKIT: '0' }
  const version = await expectSuccess(dockerArgv('version', '--format', '{{.Server.Version}}'), env)
  return {
    name: 'docker',
    version: `the builder of dockerd ${version.trim()} without BuildKit`,
    env,
    group: stage.group,
    refusal,
    commands: ({ context, platforms, output }, { tag }) => [
      dockerArgv('build', '--quiet', '--network', 'none', '--platform', platforms.join(), '--tag', tag, context),
      ...(output.kind === 'registry' ? [dockerArgv('push', '--quiet', tag)] : []),
    ],
    forget: async () => void (await expectSuccess(dockerArgv('system', 'prune', '--all', '--force'), env)),
    [Symbol.asyncDispose]: () => dockerd[Symbol.asyncDispose](),
  }
}

function refusal({ platforms, output }: BuildJob): string | undefined {
  if (platforms.length > 1) return 'builds one platform at a time'
  if (output.kind === 'archive') return 'saves images without compression'
  if (output.kind === 'registry' && output.compression === 'zstd') return 'knows no zstd'
  return undefined
}
