import type { ComposeProject } from '../../project/compose/composeProject.ts'
import { ALL_STEPS, loadProject, type LoadSteps, type ProjectOptions } from '../../project/compose/loadProject.ts'
import type { CommandContext } from '../command.ts'
import { UsageError } from '../flags/usageError.ts'
import type { ComposeFlags } from './composeFlags.ts'
import { createDiskProjectFiles } from './diskProjectFiles.ts'

export interface ProjectRequest {
  readonly flags: ComposeFlags
  /** With what they depend on; empty: all that are enabled. */
  readonly services?: readonly string[]
  readonly steps?: LoadSteps
}

/** The project that the user's flags mean. Warnings go to stderr. @throws what `loadProject` does */
export async function openProject({ flags, services = [], steps = ALL_STEPS }: ProjectRequest, context: CommandContext, signal: AbortSignal): Promise<ComposeProject> {
  const files = createDiskProjectFiles(context)
  const warn = (text: string): void => void context.stderr.write(`warning: ${text}\n`)
  return await loadProject(projectOptions(flags, services, context), { files, warn }, signal, { ...steps, dropsUnused: steps.dropsUnused && !flags['all-resources'] })
}

export function projectOptions(flags: ComposeFlags, services: readonly string[], { env, workingFolder }: Pick<CommandContext, 'env' | 'workingFolder'>): ProjectOptions {
  const remote = flags.file.find((path) => path.includes('://') || path.startsWith('git@'))
  if (remote !== undefined) throw new UsageError(`${remote}: Compose files from elsewhere are not supported`, { hint: 'fetch it, and name the file with -f' })
  return {
    filePaths: flags.file,
    projectFolder: flags['project-directory'],
    projectName: flags['project-name'],
    envFiles: flags['env-file'].length > 0 ? flags['env-file'] : (env['COMPOSE_ENV_FILES'] ?? '').split(',').filter((path) => path !== ''),
    profiles: flags.profile,
    services,
    workingFolder,
    env,
  }
}
