import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { CONTENT_TRUST_FLAG, refuseContentTrust } from '../../registry/contentTrust.ts'
import { PROGRESS_MODES, parseProgressMode } from '../../render/progressMode.ts'

export const push = defineCommand({
  usage: '[OPTIONS] NAME',
  summary: 'Push an image with all its platforms to a registry',
  flags: {
    'disable-content-trust': CONTENT_TRUST_FLAG,
    progress: { kind: 'text', value: 'MODE', help: 'How progress is shown', choices: PROGRESS_MODES, fallback: 'auto' },
    quiet: { kind: 'switch', short: 'q', help: 'Show nothing but the digest' },
  },
  operands: [1, 1],
  unsupported: ['all-tags', '-a', 'platform'],
  async run({ flags, operands: [name = ''] }, context, signal) {
    const { formatReference, formatFamiliar, parseReference } = await import('../../../ground/reference.ts')
    refuseContentTrust(context.env)
    const reference = parseReference(name)
    const { openEngine } = await import('../../engine.ts')
    const { openCredentialSession } = await import('../../registry/credentialSession.ts')
    const { followTransfer, openTransferDisplay } = await import('../../registry/transferDisplay.ts')
    await using engine = await openEngine(context, signal)
    await using session = openCredentialSession(engine, context, signal)
    let moved
    {
      using display = openTransferDisplay(`pushing ${formatFamiliar(reference)}`, flags.quiet ? 'quiet' : parseProgressMode(flags.progress), context)
      moved = await followTransfer(engine.local.push({ reference: formatReference(reference), session: session.id }, { signal }), display)
    }
    context.stdout.write(flags.quiet ? `${moved?.digest ?? ''}\n` : `pushed ${formatFamiliar(reference)}\n  digest ${moved?.digest ?? ''}\n`)
    return EXIT.done
  },
})
