import { InvalidValueError } from '../../ground/errors.ts'
import { optionalObject, optionalString, parseJsonObject, requiredString, stringMap } from '../../ground/jsonValue.ts'
import { DEFAULT_BUILDER, isBuilderName } from './builder.ts'

/** Which builder is used where a command does not say: what `use` has chosen. */
export interface BuilderChoices {
  readonly current: CurrentChoice | undefined
  /** By Docker endpoint: those of `use --default`. */
  readonly defaults: ReadonlyMap<string, string>
  /** By absolute path, without links: those of `use --folder`; each holds below its folder too. */
  readonly folders: ReadonlyMap<string, string>
}

export interface CurrentChoice {
  readonly builder: string
  /** The Docker endpoint that it holds for; undefined is all of them, by `use --global`. */
  readonly endpoint: string | undefined
}

export const NO_CHOICES: BuilderChoices = { current: undefined, defaults: new Map(), folders: new Map() }

/** Where a command is called. Each is asked for where it matters only. */
export interface ChoicePlace {
  /** The working folder, without links. */
  readonly folder: () => Promise<string>
  /** Where Docker's client would go: a context, or an address. */
  readonly dockerEndpoint: () => Promise<string>
}

export type Chosen =
  | { readonly kind: 'folder'; readonly folder: string; readonly builder: string }
  | { readonly kind: 'current' | 'default'; readonly builder: string }
  | { readonly kind: 'nothing' }

/** The nearest folder's comes first, then the current one, then the default of the Docker endpoint. */
export async function readChosen({ current, defaults, folders }: BuilderChoices, place: ChoicePlace): Promise<Chosen> {
  const folder = folders.size === 0 ? undefined : parentsOf(await place.folder()).find((path) => folders.has(path))
  if (folder !== undefined) return { kind: 'folder', folder, builder: folders.get(folder) ?? '' }
  if (current !== undefined && current.endpoint === undefined) return { kind: 'current', builder: current.builder }
  if (current === undefined && defaults.size === 0) return { kind: 'nothing' }
  const endpoint = await place.dockerEndpoint()
  if (current?.endpoint === endpoint) return { kind: 'current', builder: current.builder }
  const builder = defaults.get(endpoint)
  return builder === undefined ? { kind: 'nothing' } : { kind: 'default', builder }
}

/** Itself, then what it is in, up to the root. */
function parentsOf(path: string): readonly string[] {
  const parts = path.split('/').filter((part) => part !== '')
  return [...parts.map((_, index) => `/${parts.slice(0, parts.length - index).join('/')}`), '/']
}

export interface UseScope {
  readonly isGlobal: boolean
  readonly isDefault: boolean
  readonly dockerEndpoint: string
}

/** As buildx: a choice is the endpoint's, unless it is global; of an endpoint that has one by `--default`, any other takes its place. */
export function withCurrent(choices: BuilderChoices, builder: string, { isGlobal, isDefault, dockerEndpoint }: UseScope): BuilderChoices {
  const others = [...choices.defaults].filter(([endpoint]) => endpoint !== dockerEndpoint)
  if (builder === DEFAULT_BUILDER.name) return { ...choices, current: undefined, defaults: new Map(others) }
  return { ...choices, current: { builder, endpoint: isGlobal ? undefined : dockerEndpoint }, defaults: new Map(isDefault ? [...others, [dockerEndpoint, builder]] : others) }
}

/** `builder` undefined forgets what was chosen for the folder. */
export function withFolder(choices: BuilderChoices, folder: string, builder: string | undefined): BuilderChoices {
  const others = [...choices.folders].filter(([path]) => path !== folder)
  return { ...choices, folders: new Map(builder === undefined ? others : [...others, [folder, builder]]) }
}

/** With nothing that leads to `builder`. */
export function withoutBuilder({ current, defaults, folders }: BuilderChoices, builder: string): BuilderChoices {
  const others = (choices: ReadonlyMap<string, string>): ReadonlyMap<string, string> => new Map([...choices].filter(([, chosen]) => chosen !== builder))
  return { current: current?.builder === builder ? undefined : current, defaults: others(defaults), folders: others(folders) }
}

/*
 * The file: { "current": { "builder", "endpoint" }, "defaults": { ENDPOINT: BUILDER }, "folders": { PATH: BUILDER } };
 * what is empty is left out.
 */

/** `path` names the file in errors. @throws InvalidValueError */
export function parseChoices(text: string, path: string): BuilderChoices {
  const fields = parseJsonObject(text, path)
  const current = optionalObject(fields, 'current')
  const choices: BuilderChoices = {
    current: current === undefined ? undefined : { builder: requiredString(current, 'builder'), endpoint: optionalString(current, 'endpoint') },
    defaults: stringMap(fields, 'defaults'),
    folders: stringMap(fields, 'folders'),
  }
  const names = [...(choices.current === undefined ? [] : [choices.current.builder]), ...choices.defaults.values(), ...choices.folders.values()]
  const wrong = names.find((name) => !isBuilderName(name))
  if (wrong !== undefined) throw new InvalidValueError(`${path} names a builder that cannot be: ${JSON.stringify(wrong)}`)
  return choices
}

export function formatChoices({ current, defaults, folders }: BuilderChoices): string {
  const written = {
    ...(current !== undefined && { current }),
    ...(defaults.size > 0 && { defaults: Object.fromEntries(defaults) }),
    ...(folders.size > 0 && { folders: Object.fromEntries(folders) }),
  }
  return `${JSON.stringify(written, undefined, 2)}\n`
}
