import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'

export const manifestPush = defineCommand({
  usage: '[OPTIONS] LIST',
  summary: 'Push a local list and its images to a registry, as one image for many platforms',
  flags: {
    insecure: { kind: 'switch', help: 'The registry\'s certificate need not be valid, or it speaks plain HTTP' },
    purge: { kind: 'switch', short: 'p', help: 'Remove the local list afterwards' },
  },
  operands: [1, 1],
  async run({ flags, operands: [name = ''] }, context, signal) {
    const { parseReference } = await import('../../../ground/reference.ts')
    const { pushList } = await import('../../manifest/pushList.ts')
    await pushList(parseReference(name), { isInsecure: flags.insecure, isPurged: flags.purge }, context, signal)
    return EXIT.done
  },
})
