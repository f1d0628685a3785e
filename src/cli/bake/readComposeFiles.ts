import { join, resolve } from 'node:path'
import { type BakeFile, formatOf } from '../../project/bake/bakeFile.ts'
import type { BakeDefinition } from '../../project/bake/bakeDefinition.ts'
import { composeTargets } from '../../project/bake/composeTargets.ts'
import { type Environment, withEnvFiles } from '../../project/compose/environment.ts'
import type { ProjectFiles } from '../../project/compose/projectFiles.ts'
import { readBakeServices } from '../../project/compose/targets/bakeServices.ts'
import type { CommandContext } from '../command.ts'
import { createDiskProjectFiles } from '../compose/diskProjectFiles.ts'
import { requireGrants } from './requireGrants.ts'

/** What Compose files among a definition's say, ready to be asked for. */
export type ComposeReader = (files: readonly BakeFile[]) => Pick<BakeDefinition, 'groups' | 'targets'>

export interface ComposeSurroundings {
  readonly context: CommandContext
  /** Names of variables that may have a value, and the value of each. */
  readonly variableNames: readonly string[]
  readonly lookup: (name: string) => string | undefined
  /** Of a definition that is elsewhere: what lets it read files of here (`--allow`), beside those in the working folder. */
  readonly foreign: { readonly allow: readonly string[] } | undefined
}

/** Reads the Compose files of `files` all together, those too whose names tell no format and that can be read as such. @throws what `readBakeServices` does */
export async function openComposeReader(files: readonly BakeFile[], surroundings: ComposeSurroundings, signal: AbortSignal): Promise<ComposeReader> {
  const read = async (some: readonly BakeFile[]): Promise<ReturnType<ComposeReader>> => composeTargets(await readServices(some, surroundings, signal))
  const known: BakeFile[] = []
  const refused = new Map<BakeFile, unknown>()
  for (const file of files) {
    const format = formatOf(file)
    if (format === 'compose') known.push(file)
    else if (format === 'unknown') await read([file]).then(() => known.push(file), (error: unknown) => refused.set(file, error))
  }
  const all = known.length === 0 ? { groups: [], targets: [] } : await read(known)
  return ([first]) => {
    const error = first === undefined ? undefined : refused.get(first)
    if (error instanceof Error) throw error
    return all
  }
}

async function readServices(some: readonly BakeFile[], { context, variableNames, lookup, foreign }: ComposeSurroundings, signal: AbortSignal): ReturnType<typeof readBakeServices> {
  const disk = createDiskProjectFiles(context)
  const texts = new Map(some.map(({ name, text }) => [name, text]))
  const readHere: ProjectFiles['readText'] = async (path, inner) => {
    if (foreign !== undefined) await requireGrants({ wanted: [{ kind: 'fs.read', value: path, purpose: 'a Compose file names it' }], given: [], allow: foreign.allow }, context, inner)
    return await disk.readText(resolve(context.workingFolder, path), inner)
  }
  const files: ProjectFiles = { home: disk.home, readText: async (path, inner) => texts.get(path) ?? (await readHere(path, inner)) }
  const shell: Environment = new Map(variableNames.flatMap((name) => (lookup(name) === undefined ? [] : [[name, lookup(name) ?? '']])))
  const dotenv = join(context.workingFolder, '.env')
  const environment = await withEnvFiles(shell, (await disk.readText(dotenv, signal)) === undefined ? [] : [dotenv], disk, signal)
  const told = new Set<string>()
  const warn = (text: string): void => {
    if (!told.has(text)) context.stderr.write(`warning: ${text}\n`)
    told.add(text)
  }
  return await readBakeServices([...texts.keys()], { folder: '', environment, files, warn }, signal)
}
