import { dirname, resolve, basename } from 'node:path'
import type { ComposeProject } from './composeProject.ts'
import { type Environment, envFilesOf, withEnvFiles } from './environment.ts'
import { substitute } from './interpolation/template.ts'
import { locateFiles } from './locateFiles.ts'
import type { Loading, Origin } from './merge/loading.ts'
import { loadModel } from './merge/loadModel.ts'
import { resolvePaths } from './merge/paths.ts'
import { readRaw } from './merge/readDocuments.ts'
import { ComposeFileError } from './mistakes.ts'
import { checkConsistency } from './model/checkConsistency.ts'
import { normalize } from './model/normalize.ts'
import { enableProfiles, selectServices, withoutUnused } from './model/profiles.ts'
import { readServiceFiles, resolveVariables } from './model/serviceEnvironment.ts'
import { finishShape } from './schema/finishShape.ts'
import { PROJECT } from './schema/projectShape.ts'
import type { ProjectFiles } from './projectFiles.ts'
import { normalizeProjectName, parseProjectName } from './projectName.ts'
import { type MapNode, scalar, textAt, withEntry } from './yaml/node.ts'

/** What the user says of a project on the command line. */
export interface ProjectOptions {
  /** Compose files; `-` is standard input. Empty: those of COMPOSE_FILE, else those that belong to `workingFolder`. */
  readonly filePaths: readonly string[]
  readonly projectFolder: string | undefined
  readonly projectName: string | undefined
  readonly envFiles: readonly string[]
  readonly profiles: readonly string[]
  /** Services by name, with what they depend on; empty: all that are enabled. */
  readonly services: readonly string[]
  readonly workingFolder: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Steps of loading that can be left out; all are done where this is not given. */
export interface LoadSteps {
  readonly interpolates: boolean
  readonly normalizes: boolean
  readonly resolvesPaths: boolean
  readonly checksConsistency: boolean
  /** Whether env files of services become their environment. */
  readonly readsServiceFiles: boolean
  readonly dropsUnused: boolean
}

export const ALL_STEPS: LoadSteps = { interpolates: true, normalizes: true, resolvesPaths: true, checksConsistency: true, readsServiceFiles: true, dropsUnused: true }

/** For `toBuildTargets`: what containers are given is of no interest. */
export const BUILD_STEPS: LoadSteps = { ...ALL_STEPS, readsServiceFiles: false, dropsUnused: false }

export interface ProjectSources {
  readonly files: ProjectFiles
  /** What the user should know, and what is no error. */
  readonly warn: (text: string) => void
}

/**
 * A project as Docker Compose loads it.
 * @throws ComposeFileError with all that is wrong; ProjectFileMissingError; EnvFileError; InvalidValueError
 */
export async function loadProject(options: ProjectOptions, { files, warn }: ProjectSources, signal: AbortSignal, steps: LoadSteps = ALL_STEPS): Promise<ComposeProject> {
  const told = new Set<string>()
  const warnOnce = (text: string): void => {
    if (!told.has(text)) warn(text)
    told.add(text)
  }
  const loading: Loading = { files, interpolates: steps.interpolates, mistakes: [], warn: warnOnce, signal }
  const { paths, folder, environment: found } = await findProject(options, loading)
  const name = await projectNameOf(options, { paths, folder, environment: found }, loading)
  const environment: Environment = new Map([...found, ['COMPOSE_PROJECT_NAME', name]])
  const origin: Origin = { folder, environment, includedBy: [] }
  const merged = await loadModel(paths, origin, loading)
  if (merged.entries.size === 0) loading.mistakes.push({ place: merged.place, message: 'nothing is in this Compose file', hint: 'write services' })
  if (loading.mistakes.length > 0) throw new ComposeFileError(loading.mistakes)
  const shown = steps.resolvesPaths ? resolvePaths(merged, { folder, home: files.home }) : merged
  const model = completeModel(resolveVariables(shown, environment), name, steps)
  const profiles = options.profiles.length > 0 ? options.profiles : (environment.get('COMPOSE_PROFILES') ?? '').split(',').map((profile) => profile.trim())
  const enabled = enableProfiles(model, profiles)
  const wrong = steps.checksConsistency ? checkConsistency(enabled.model, enabled.disabled) : []
  if (wrong.length > 0) throw new ComposeFileError(wrong)
  const selected = selectServices(enabled, options.services)
  const read = steps.readsServiceFiles ? await readServiceFiles(selected.model, environment, files, signal) : selected.model
  return { name, folder, files: paths, environment, model: inOrder(steps.dropsUnused ? withoutUnused(read) : read), disabled: selected.disabled }
}

/** What was added last goes to its place, too. */
function inOrder(model: MapNode): MapNode {
  const ordered = finishShape(model, PROJECT, [], [])
  return ordered?.kind === 'map' ? ordered : model
}

function completeModel(model: MapNode, name: string, { normalizes }: LoadSteps): MapNode {
  const named = { ...model, entries: new Map([['name', scalar(name, model.place)], ...withEntry(model, 'name', undefined).entries]) }
  return normalizes ? normalize(named, name) : named
}

interface FoundProject {
  readonly paths: readonly string[]
  readonly folder: string
  readonly environment: Environment
}

/** Env files come first, since they may say which Compose files there are; and again, where these stand elsewhere. */
async function findProject(options: ProjectOptions, { files, warn, signal }: Loading): Promise<FoundProject> {
  const { workingFolder, env } = options
  const shell: Environment = new Map(Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])))
  const given = options.filePaths.map((path) => (path === '-' ? path : resolve(workingFolder, path)))
  const envFiles = options.envFiles.map((path) => resolve(workingFolder, path))
  const folderOf = (paths: readonly string[]): string => {
    const first = paths.find((path) => path !== '-')
    return options.projectFolder !== undefined ? resolve(workingFolder, options.projectFolder) : first === undefined ? resolve(workingFolder) : dirname(first)
  }
  const read = async (folder: string, base: Environment): Promise<Environment> => await withEnvFiles(base, await envFilesOf(folder, envFiles, { environment: base, files }, signal), files, signal)
  const early = await read(folderOf(given), shell)
  const listed = (early.get('COMPOSE_FILE') ?? '').split(early.get('COMPOSE_PATH_SEPARATOR') ?? ':').filter((path) => path !== '')
  const named = given.length > 0 ? given : listed.map((path) => resolve(workingFolder, path))
  const paths = named.length > 0 ? named : await locateFiles(folderOf([]), { files, warn, signal })
  return { paths, folder: folderOf(paths), environment: await read(folderOf(paths), early) }
}

async function projectNameOf({ projectName }: ProjectOptions, { paths, folder, environment }: FoundProject, loading: Loading): Promise<string> {
  const given = projectName ?? environment.get('COMPOSE_PROJECT_NAME') ?? ''
  if (given !== '') return parseProjectName(given)
  const written: string[] = []
  for (const path of paths) for (const document of await readRaw(path, loading)) written.push(textAt(document, 'name') ?? '')
  const last = written.findLast((name) => name !== '') ?? ''
  const filled = loading.interpolates ? substitute(last, { lookup: (key) => environment.get(key), onUnset: () => undefined }) : last
  return normalizeProjectName(filled) || normalizeProjectName(basename(folder)) || parseProjectName(basename(folder))
}
