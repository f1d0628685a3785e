import { defineCommand } from '../command.ts'
import { SBOM_FLAGS } from '../sbom/sbomFlags.ts'

export const sbom = defineCommand({
  usage: '[OPTIONS] IMAGE',
  summary: 'List the packages in an image, and what differs between its platforms or since another image',
  flags: SBOM_FLAGS,
  operands: [1, 1],
  async run({ flags, operands: [image = ''] }, context, signal) {
    const { runSbom } = await import('../sbom/runSbom.ts')
    return await runSbom(image, flags, context, signal)
  },
})
