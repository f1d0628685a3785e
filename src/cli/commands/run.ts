import { defineCommand } from '../command.ts'
import { RUN_FLAGS, UNSUPPORTED_RUN_FLAGS } from '../run/runFlags.ts'
import type { ContainerRun } from '../run/runContainer.ts'
import { UsageError } from '../flags/usageError.ts'
import { refuseContentTrust } from '../registry/contentTrust.ts'

export const run = defineCommand({
  usage: '[OPTIONS] IMAGE [COMMAND] [ARGUMENT...]',
  summary: 'Run a command in a new container, natively or emulated',
  flags: RUN_FLAGS,
  operands: [1, Infinity],
  unsupported: UNSUPPORTED_RUN_FLAGS,
  stopsAtOperand: true,
  async run({ flags, operands }, context, signal) {
    if (flags.tty && flags.interactive && context.openStdin().isTTY !== true) {
      throw new UsageError('the input is not a terminal', { hint: 'leave out -t, or run it from a terminal' })
    }
    refuseContentTrust(context.env)
    const { parseRunSpec } = await import('../run/runSpec.ts')
    const spec = await parseRunSpec(flags, operands, context)
    const { openEngine } = await import('../engine.ts')
    const { parseBinfmtRequest } = await import('../run/binfmtImage.ts')
    const [image = '', ...words] = operands
    const binfmt = flags.entrypoint === undefined ? parseBinfmtRequest(image, words) : undefined
    if (binfmt !== undefined) {
      const { answerBinfmt } = await import('../run/answerBinfmt.ts')
      await using engine = await openEngine(context, signal)
      return await answerBinfmt(engine, binfmt, context, signal)
    }
    const { checkVolumesHere } = await import('../run/mounts.ts')
    const { openCredentialSession } = await import('../registry/credentialSession.ts')
    const { runContainer } = await import('../run/runContainer.ts')
    await using engine = await openEngine(context, signal)
    checkVolumesHere(spec.volumes, engine)
    const { findImageName } = await import('../images/imageName.ts')
    const { formatReference, parseReference } = await import('../../ground/reference.ts')
    const reference = formatReference(parseReference(await findImageName(engine, image, signal)))
    await using session = openCredentialSession(engine, context, signal)
    const container: ContainerRun = {
      begin: (terminal) => ({ input: { case: 'spec', value: { ...spec, reference, session: session.id, ...(terminal === undefined ? {} : { terminal }) } } }),
      call: (inputs) => engine.local.run(inputs, { signal }),
      loading: `pulling ${reference}`,
      isQuiet: flags.quiet,
      isInteractive: flags.interactive,
      hasTerminal: flags.tty,
    }
    return await runContainer(container, context)
  },
})
