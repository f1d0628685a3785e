import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { dockerFolder } from '../../kit/dockerFolder.ts'
import { ifThere } from '../../kit/files/ifThere.ts'
import type { CommandContext } from '../command.ts'
import { UsageError } from '../flags/usageError.ts'
import type { CreateFlags } from './createFlags.ts'
import { readDockerContexts, readDockerEndpoint } from './dockerContexts.ts'
import type { BuilderPlan } from './planBuilder.ts'

/** What `create` has to know of this machine. @throws UsageError where a file cannot be read */
export async function readPlaces(flags: CreateFlags, { env, workingFolder }: Pick<CommandContext, 'env' | 'workingFolder'>): Promise<Pick<BuilderPlan, 'places' | 'config' | 'defaultConfig'>> {
  const buildkitHost = env['BUILDKIT_HOST'] ?? ''
  return {
    places: {
      buildkitHost: buildkitHost === '' ? undefined : buildkitHost,
      dockerContexts: await readDockerContexts(env),
      dockerEndpoint: await readDockerEndpoint(env),
      kubeconfig: env['KUBECONFIG'] ?? '',
    },
    config: await readConfig(flags['buildkitd-config'] ?? flags.config, workingFolder),
    defaultConfig: await ifThere(readFile(join(buildxFolder(env), 'buildkitd.default.toml'), 'utf8')),
  }
}

async function readConfig(path: string | undefined, workingFolder: string): Promise<string | undefined> {
  if (path === undefined) return undefined
  try {
    return await readFile(resolve(workingFolder, path), 'utf8')
  } catch (error) {
    throw new UsageError(`cannot read --buildkitd-config ${JSON.stringify(path)}: ${(error as Error).message}`, { cause: error })
  }
}

/** Where buildx keeps what is its own. */
function buildxFolder(env: CommandContext['env']): string {
  const named = env['BUILDX_CONFIG'] ?? ''
  return named === '' ? join(dockerFolder(env), 'buildx') : named
}
