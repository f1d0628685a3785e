import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BuildError } from '../../ground/errors.ts'
import { writeFileAtomically } from '../../kit/files/atomicFile.ts'
import { configHome } from '../../kit/configHome.ts'
import { acquireLock } from '../../kit/files/fileLock.ts'
import { ifThere } from '../../kit/files/ifThere.ts'
import { DEFAULT_BUILDER, isBuilderName, parseBuilderName, type Builder } from './builder.ts'
import { formatChoices, NO_CHOICES, parseChoices, withoutBuilder, type BuilderChoices } from './builderChoices.ts'
import { formatBuilder, parseBuilder } from './builderJson.ts'

/**
 * The user's builders: `builders/NAME.json` in `$XDG_CONFIG_HOME/pelago`, and in `use.json` there which of them is used
 * where. A file that cannot be read concerns that builder only.
 */
export interface BuilderStore {
  /** Without the default one; by name. */
  list(): Promise<BuilderList>
  /** `default` is always found; undefined where there is none of that name. @throws BuilderDamagedError */
  find(name: string): Promise<Builder | undefined>
  /** Puts the builder that `change` makes of it in its place: one change of builders at a time, in all processes. */
  update<T extends { readonly builder: Builder }>(name: string, change: (before: Builder | undefined) => T | Promise<T>, signal: AbortSignal): Promise<T>
  /** Whether there was one. Nothing leads to it from then on. @throws ChoicesDamagedError once it is gone */
  remove(name: string, signal: AbortSignal): Promise<boolean>
  /** Whether or not there are such builders. @throws ChoicesDamagedError */
  choices(): Promise<BuilderChoices>
  /** As `update`. @throws ChoicesDamagedError */
  choose(change: (before: BuilderChoices) => BuilderChoices, signal: AbortSignal): Promise<void>
}

export interface BuilderList {
  readonly builders: readonly Builder[]
  readonly damaged: readonly BuilderDamagedError[]
}

/** The file of a builder is not what it should be. */
export class BuilderDamagedError extends BuildError {
  readonly kind = 'conflict'
  readonly builder: string

  constructor(builder: string, path: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(`builder ${JSON.stringify(builder)} cannot be read: ${reason}`, { hint: `mend ${path}, or remove it: pelago rm ${builder}`, cause })
    this.builder = builder
  }
}

/** The file of what `use` has chosen is not what it should be. */
export class ChoicesDamagedError extends BuildError {
  readonly kind = 'conflict'

  constructor(path: string, cause: unknown) {
    super(`which builder is used cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { hint: `mend ${path}, or remove it, and choose anew: pelago use NAME`, cause })
  }
}

export function createBuilderStore(env: Readonly<Record<string, string | undefined>>): BuilderStore {
  const folder = join(configHome(env), 'pelago')
  const places = { builders: join(folder, 'builders'), choices: join(folder, 'use.json') }
  const alone = async <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
    await mkdir(places.builders, { recursive: true, mode: 0o700 })
    await using _lock = await acquireLock(join(places.builders, '.lock'), 'exclusive', signal)
    return await work()
  }
  const changeChoices = async (change: (before: BuilderChoices) => BuilderChoices): Promise<void> => {
    const before = await readChoices(places.choices)
    const text = formatChoices(change(before))
    if (text !== formatChoices(before)) await writeFileAtomically(places.choices, text, { mode: 0o600 })
  }
  return {
    list: async () => await listBuilders(places.builders),
    find: async (name) => (name === DEFAULT_BUILDER.name ? DEFAULT_BUILDER : await readBuilder(places.builders, name)),
    update: async (name, change, signal) =>
      await alone(signal, async () => {
        const made = await change(await readBuilder(places.builders, name))
        await writeFileAtomically(fileOf(places.builders, name), formatBuilder(made.builder), { mode: 0o600 })
        return made
      }),
    async remove(name, signal) {
      const path = fileOf(places.builders, name)
      return await alone(signal, async () => {
        if ((await ifThere(readFile(path, 'utf8'))) === undefined) return false
        await rm(path, { force: true })
        await changeChoices((before) => withoutBuilder(before, name))
        return true
      })
    },
    choices: async () => await readChoices(places.choices),
    choose: async (change, signal) => await alone(signal, () => changeChoices(change)),
  }
}

async function readChoices(path: string): Promise<BuilderChoices> {
  try {
    const text = await ifThere(readFile(path, 'utf8'))
    return text === undefined ? NO_CHOICES : parseChoices(text, path)
  } catch (error) {
    throw new ChoicesDamagedError(path, error)
  }
}

async function listBuilders(folder: string): Promise<BuilderList> {
  const names = ((await ifThere(readdir(folder))) ?? []).flatMap((file) => (file.endsWith('.json') && !file.startsWith('.') ? [file.slice(0, -'.json'.length)] : []))
  const builders: Builder[] = []
  const damaged: BuilderDamagedError[] = []
  for (const name of names.filter(isBuilderName).toSorted()) {
    try {
      const builder = await readBuilder(folder, name)
      if (builder !== undefined) builders.push(builder)
    } catch (error) {
      if (!(error instanceof BuilderDamagedError)) throw error
      damaged.push(error)
    }
  }
  return { builders, damaged }
}

/** The file's name is the builder's, whatever stands in it. */
async function readBuilder(folder: string, name: string): Promise<Builder | undefined> {
  const path = fileOf(folder, name)
  try {
    const text = await ifThere(readFile(path, 'utf8'))
    return text === undefined ? undefined : { ...parseBuilder(text, path), name }
  } catch (error) {
    throw new BuilderDamagedError(name, path, error)
  }
}

/** A name with a slash in it would lead out of the folder. */
function fileOf(folder: string, name: string): string {
  return join(folder, `${parseBuilderName(name)}.json`)
}

/** The first of `builder0`, `builder1`, … that is free. */
export function freeName({ builders, damaged }: BuilderList): string {
  const taken = new Set([...builders.map(({ name }) => name), ...damaged.map(({ builder }) => builder)])
  for (let number = 0; ; number++) {
    const name = `builder${number}`
    if (!taken.has(name)) return name
  }
}
