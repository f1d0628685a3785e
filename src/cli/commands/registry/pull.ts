import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { CONTENT_TRUST_FLAG, refuseContentTrust } from '../../registry/contentTrust.ts'
import { PROGRESS_MODES, parseProgressMode } from '../../render/progressMode.ts'

export const pull = defineCommand({
  usage: '[OPTIONS] NAME',
  summary: 'Pull an image from a registry, all its platforms or some',
  flags: {
    'disable-content-trust': CONTENT_TRUST_FLAG,
    platform: { kind: 'list', value: 'PLATFORM', splitsCommas: true, variable: 'DOCKER_DEFAULT_PLATFORM', help: 'Platform to pull (default all); local is this machine\'s own' },
    progress: { kind: 'text', value: 'MODE', help: 'How progress is shown', choices: PROGRESS_MODES, fallback: 'auto' },
    quiet: { kind: 'switch', short: 'q', help: 'Show nothing but the digest' },
  },
  operands: [1, 1],
  unsupported: ['all-tags', '-a'],
  async run({ flags, operands: [name = ''] }, context, signal) {
    const { formatReference, formatFamiliar, parseReference } = await import('../../../ground/reference.ts')
    const { formatPlatform } = await import('../../../ground/platform.ts')
    const { parsePlatformFlags } = await import('../../localPlatform.ts')
    refuseContentTrust(context.env)
    const reference = parseReference(name)
    const platforms = parsePlatformFlags(flags.platform).map(formatPlatform)
    const { openEngine } = await import('../../engine.ts')
    const { openCredentialSession } = await import('../../registry/credentialSession.ts')
    const { followTransfer, openTransferDisplay } = await import('../../registry/transferDisplay.ts')
    await using engine = await openEngine(context, signal)
    await using session = openCredentialSession(engine, context, signal)
    let moved
    {
      using display = openTransferDisplay(`pulling ${formatFamiliar(reference)}`, flags.quiet ? 'quiet' : parseProgressMode(flags.progress), context)
      moved = await followTransfer(engine.local.pull({ reference: formatReference(reference), platforms, session: session.id }, { signal }), display)
    }
    context.stdout.write(flags.quiet ? `${moved?.digest ?? ''}\n` : `pulled ${formatFamiliar(reference)}\n  digest ${moved?.digest ?? ''}\n`)
    return EXIT.done
  },
})
