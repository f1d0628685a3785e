import { realpath } from 'node:fs/promises'
import { addressBuilder, DEFAULT_BUILDER, isAddress, parseBuilderName, type Builder } from '../../driver/builders/builder.ts'
import { readChosen, type ChoicePlace } from '../../driver/builders/builderChoices.ts'
import { createBuilderStore, type BuilderStore } from '../../driver/builders/builderStore.ts'
import type { CommandContext } from '../command.ts'
import { UsageError } from '../flags/usageError.ts'

type ChoiceContext = Pick<CommandContext, 'builder' | 'env' | 'workingFolder'>

/** The builder of `--builder` or its variables, which may be an address; else the one that `use` chose. @throws UsageError; BuilderDamagedError */
export async function chooseBuilder({ builder, env, workingFolder }: ChoiceContext): Promise<Builder> {
  if (builder === undefined) return await currentBuilder({ env, workingFolder })
  if (isAddress(builder)) return addressBuilder(builder)
  return await findBuilder(createBuilderStore(env), builder)
}

/** `embedded` is another word for the default one. @throws UsageError where there is none of that name */
export async function findBuilder(store: BuilderStore, text: string): Promise<Builder> {
  if (text === 'embedded') return DEFAULT_BUILDER
  const found = await store.find(parseBuilderName(text))
  if (found !== undefined) return found
  const { builders } = await store.list()
  const names = [DEFAULT_BUILDER, ...builders].map(({ name }) => name).join(', ')
  throw new UsageError(`unknown builder: ${JSON.stringify(text)}`, { hint: `there are ${names}; pelago create --name ${text} makes it; an address is written unix:///path/to/socket, tcp://host:port or ssh://user@host` })
}

/** One that is gone counts for none, as with buildx, unless it was chosen for a folder. */
async function currentBuilder(context: Pick<ChoiceContext, 'env' | 'workingFolder'>): Promise<Builder> {
  const store = createBuilderStore(context.env)
  const chosen = await readChosen(await store.choices(), choicePlace(context))
  if (chosen.kind === 'nothing') return DEFAULT_BUILDER
  const found = await store.find(chosen.builder)
  if (found !== undefined) return found
  if (chosen.kind !== 'folder') return DEFAULT_BUILDER
  throw new UsageError(`builder ${JSON.stringify(chosen.builder)}, which is used in ${chosen.folder}, is gone`, { hint: `choose another for that folder (pelago use --folder ${chosen.folder} NAME), or none (pelago use --folder ${chosen.folder} --forget)` })
}

/** As builders are chosen by it. */
export function choicePlace({ env, workingFolder }: Pick<ChoiceContext, 'env' | 'workingFolder'>): ChoicePlace {
  return {
    folder: async () => await realpath(workingFolder).catch(() => workingFolder), // one that was removed has its name still
    async dockerEndpoint() {
      const { readDockerEndpoint } = await import('./create/dockerContexts.ts')
      return await readDockerEndpoint(env)
    },
  }
}
