import { defineCommand } from '../command.ts'
import { AUDIT_FLAGS } from '../audit/auditFlags.ts'

export const audit = defineCommand({
  usage: '[OPTIONS] IMAGE',
  summary: 'Find what in an image does not fit its platform: wrong architectures, missing libraries, loaders and interpreters',
  flags: AUDIT_FLAGS,
  operands: [1, 1],
  async run({ flags, operands: [image = ''] }, context, signal) {
    const { runAudit } = await import('../audit/runAudit.ts')
    return await runAudit(image, flags, context, signal)
  },
})
