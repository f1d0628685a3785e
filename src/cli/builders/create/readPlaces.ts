import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { dockerFolder } from '../../../kit/dockerFolder.ts'
import { ifThere } from '../../../kit/files/ifThere.ts'
import type { CommandContext } from '../../command.ts'
import { readBuildkitdFiles } from './buildkitdFiles.ts'
import type { CreateFlags } from './createFlags.ts'
import { readDockerContexts, readDockerEndpoint } from './dockerContexts.ts'
import type { BuilderPlan } from './planBuilder.ts'

/** What `create` has to know of this machine. @throws UsageError where a file cannot be read */
export async function readPlaces(flags: CreateFlags, { env, workingFolder }: Pick<CommandContext, 'env' | 'workingFolder'>): Promise<Pick<BuilderPlan, 'places' | 'config' | 'defaultConfig'>> {
  const path = flags['buildkitd-config'] ?? flags.config
  const buildkitHost = env['BUILDKIT_HOST'] ?? ''
  return {
    places: {
      buildkitHost: buildkitHost === '' ? undefined : buildkitHost,
      dockerContexts: await readDockerContexts(env),
      dockerEndpoint: await readDockerEndpoint(env),
      kubeconfig: env['KUBECONFIG'] ?? '',
    },
    config: path === undefined ? undefined : await readBuildkitdFiles(path, workingFolder),
    defaultConfig: path === undefined ? await readDefaultConfig(env, workingFolder) : undefined,
  }
}

/** Undefined where there is none. */
async function readDefaultConfig(env: CommandContext['env'], workingFolder: string): Promise<BuilderPlan['config']> {
  const path = join(buildxFolder(env), 'buildkitd.default.toml')
  return (await ifThere(stat(path))) === undefined ? undefined : await readBuildkitdFiles(path, workingFolder)
}

/** Where buildx keeps what is its own. */
function buildxFolder(env: CommandContext['env']): string {
  const named = env['BUILDX_CONFIG'] ?? ''
  return named === '' ? join(dockerFolder(env), 'buildx') : named
}
