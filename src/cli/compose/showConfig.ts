import { resolve } from 'node:path'
import { ALL_STEPS, type LoadSteps } from '../../project/compose/loadProject.ts'
import type { ComposeProject } from '../../project/compose/composeProject.ts'
import { entriesAt, textsAt } from '../../project/compose/yaml/node.ts'
import type { CommandContext } from '../command.ts'
import { UsageError } from '../flags/usageError.ts'
import type { ConfigFlags } from './configFlags.ts'
import { openProject } from './openProject.ts'

/** One list instead of the whole; Docker's flags, each the name of what is listed. */
const LISTS = ['environment', 'hash', 'images', 'models', 'networks', 'profiles', 'services', 'variables', 'volumes', 'lock-image-digests'] as const

type ListName = (typeof LISTS)[number]

/** Everything that can be wrong is found before anything is written. */
export async function showConfig(flags: ConfigFlags, names: readonly string[], context: CommandContext, signal: AbortSignal): Promise<void> {
  const [list, other] = LISTS.filter((name) => flags[name] !== false && flags[name] !== undefined)
  if (list !== undefined && other !== undefined) throw new UsageError(`--${list} and --${other} exclude each other`)
  if (flags.format === 'table' && list !== 'variables') throw new UsageError('--format=table is for --variables', { hint: 'choose yaml or json' })
  const text = list === undefined ? await wholeConfig(flags, names, context, signal) : await listed(list, flags, names, { context, signal })
  if (flags.quiet) return
  if (flags.output === undefined) context.stdout.write(text)
  else {
    const { writeFileAtomically } = await import('../../kit/files/atomicFile.ts')
    await writeFileAtomically(resolve(context.workingFolder, flags.output), text, { mode: 0o644 })
  }
}

function stepsOf(flags: ConfigFlags): LoadSteps {
  return {
    ...ALL_STEPS,
    interpolates: !flags['no-interpolate'],
    normalizes: !flags['no-normalize'],
    resolvesPaths: !flags['no-path-resolution'],
    checksConsistency: !flags['no-consistency'] && !flags['no-interpolate'],
    readsServiceFiles: !flags['no-env-resolution'] && !flags['no-interpolate'],
    dropsUnused: !flags['no-interpolate'],
  }
}

async function wholeConfig(flags: ConfigFlags, names: readonly string[], context: CommandContext, signal: AbortSignal): Promise<string> {
  const project = await openProject({ flags, services: names, steps: stepsOf(flags) }, context, signal)
  const { formatConfig } = await import('./configText.ts')
  const shown = flags['resolve-image-digests'] ? await pinned(project, context, signal) : project
  return formatConfig(shown, flags.format === 'json' ? 'json' : 'yaml', flags['no-interpolate'])
}

async function pinned(project: ComposeProject, context: CommandContext, signal: AbortSignal): Promise<ComposeProject> {
  const { withPinnedImages } = await import('./imageDigests.ts')
  return await withPinnedImages(project, context, signal)
}

async function listed(list: ListName, flags: ConfigFlags, names: readonly string[], { context, signal }: { readonly context: CommandContext; readonly signal: AbortSignal }): Promise<string> {
  if (list === 'variables') {
    const { formatVariables } = await import('./variableList.ts')
    return await formatVariables(flags, context, signal)
  }
  const isOfAll = list === 'services' || list === 'volumes' || list === 'networks'
  const project = await openProject({ flags, services: isOfAll ? [] : names, steps: { ...stepsOf(flags), readsServiceFiles: false } }, context, signal)
  return await listOf(project, list, flags, { context, signal })
}

async function listOf(project: ComposeProject, list: Exclude<ListName, 'variables'>, flags: ConfigFlags, { context, signal }: { readonly context: CommandContext; readonly signal: AbortSignal }): Promise<string> {
  switch (list) {
    case 'environment':
      return lines([...project.environment].map(([name, value]) => `${name}=${value}`).sort())
    case 'profiles':
      return lines(profilesOf(project))
    case 'hash': {
      const { formatHashes } = await import('./serviceHash.ts')
      return formatHashes(project, flags.hash ?? '*')
    }
    case 'images': {
      const { imageOf } = await import('../../project/compose/targets/toBuildTargets.ts')
      return lines([...entriesAt(project.model, 'services')].map(([name, service]) => imageOf(project, name, service)))
    }
    case 'lock-image-digests': {
      const { formatLock } = await import('./imageDigests.ts')
      return await formatLock(project, flags.format === 'json' ? 'json' : 'yaml', context, signal)
    }
    case 'models':
    case 'networks':
    case 'services':
    case 'volumes':
      return lines([...entriesAt(project.model, list).keys()])
  }
}

function profilesOf({ model, disabled }: ComposeProject): readonly string[] {
  const services = [...entriesAt(model, 'services').values(), ...disabled.values()]
  return [...new Set(services.flatMap((service) => textsAt(service, 'profiles')))].sort()
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('')
}
