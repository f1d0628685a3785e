import { addressBuilder, DEFAULT_BUILDER, isAddress, parseBuilderName, type Builder, type BuilderNode } from '../../driver/builders/builder.ts'
import { createBuilderStore, type BuilderStore } from '../../driver/builders/builderStore.ts'
import type { CommandContext } from '../command.ts'
import { UsageError } from '../flags/usageError.ts'

type ChoiceContext = Pick<CommandContext, 'builder' | 'env'>

/** The builder of `--builder` or its variables, which may be an address; else the one that `use` chose. @throws UsageError; BuilderDamagedError */
export async function chooseBuilder({ builder, env }: ChoiceContext): Promise<Builder> {
  if (builder === undefined) return await currentBuilder(env)
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
  throw new UsageError(`unknown builder: ${JSON.stringify(text)}`, { hint: `there are ${names}; pelago create --name ${text} makes it; an address is written unix:///path/to/socket or tcp://127.0.0.1:port` })
}

/** One that is gone counts for none, as with buildx. */
async function currentBuilder(env: ChoiceContext['env']): Promise<Builder> {
  const store = createBuilderStore(env)
  return (await store.find(await store.currentName())) ?? DEFAULT_BUILDER
}

/** The node that builds go to: they go to one so far. @throws UsageError where there are several */
export function buildNode({ name, nodes: [node, other] }: Builder): BuilderNode {
  if (other !== undefined) throw new UsageError(`builder ${JSON.stringify(name)} has several nodes, and builds over several are not supported yet`, { hint: `build with one of them: --builder ${node.endpoint}` })
  return node
}
