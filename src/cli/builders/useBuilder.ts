import { realpath, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { withCurrent, withFolder, type UseScope } from '../../driver/builders/builderChoices.ts'
import type { BuilderStore } from '../../driver/builders/builderStore.ts'
import type { CommandContext } from '../command.ts'
import { UsageError } from '../flags/usageError.ts'
import { readDockerEndpoint } from './create/dockerContexts.ts'

/** Has commands use it that do not say another, and are in no folder that has one of its own. */
export async function useBuilder(name: string, scope: Pick<UseScope, 'isGlobal' | 'isDefault'>, { store, env }: { readonly store: BuilderStore } & Pick<CommandContext, 'env'>, signal: AbortSignal): Promise<void> {
  const dockerEndpoint = await readDockerEndpoint(env)
  await store.choose((before) => withCurrent(before, name, { ...scope, dockerEndpoint }), signal)
}

/** Has commands use it that are called in that folder or below it; undefined forgets that. @throws UsageError where there is no such folder */
export async function useInFolder(name: string | undefined, path: string, { store, workingFolder }: { readonly store: BuilderStore } & Pick<CommandContext, 'workingFolder'>, signal: AbortSignal): Promise<void> {
  const folder = name === undefined ? await lastKnown(resolve(workingFolder, path)) : await realFolder(resolve(workingFolder, path))
  await store.choose((before) => withFolder(before, folder, name), signal)
}

async function realFolder(path: string): Promise<string> {
  try {
    if ((await stat(path)).isDirectory()) return await realpath(path)
  } catch (error) {
    throw new UsageError(`there is no folder ${path}`, { hint: 'write --folder DIR: the folder, or . for this one', cause: error })
  }
  throw new UsageError(`${path} is no folder`, { hint: 'write --folder DIR: the folder, or . for this one' })
}

/** A folder that is gone is forgotten by the name it had. */
async function lastKnown(path: string): Promise<string> {
  return await realpath(path).catch(() => path)
}
