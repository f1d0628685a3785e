import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'

export const use = defineCommand({
  usage: '[OPTIONS] NAME',
  summary: 'Use a builder from now on',
  flags: {
    default: { kind: 'switch', help: 'In every shell, as always here' },
    global: { kind: 'switch', help: 'In every context, as always here' },
  },
  operands: [1, 1],
  async run({ operands: [name = ''] }, { env }) {
    const { createBuilderStore } = await import('../../../driver/builders/builderStore.ts')
    const { findBuilder } = await import('../../builders/chooseBuilder.ts')
    const store = createBuilderStore(env)
    await store.setCurrent((await findBuilder(store, name)).name)
    return EXIT.done
  },
})
