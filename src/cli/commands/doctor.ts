import { defineCommand } from '../command.ts'
import { EXIT } from '../exitCode.ts'
import { parseTemplate } from '../format/goTemplate.ts'

export const doctor = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Show what this machine has for builds, what it lacks, and what to do about it',
  flags: {
    format: { kind: 'text', value: 'TEMPLATE', help: 'Go template for each finding, or json' },
  },
  operands: [0, 0],
  async run({ flags }, context, signal) {
    const template = flags.format === undefined ? undefined : parseTemplate(flags.format)
    const { examineMachine } = await import('../doctor/examineMachine.ts')
    const { judgeMachine } = await import('../doctor/judgeMachine.ts')
    const { canBuild } = await import('../doctor/finding.ts')
    const facts = await examineMachine(context.env, signal)
    const findings = judgeMachine(facts)
    if (template === undefined) {
      const { styleText } = await import('node:util')
      const { formatFindings } = await import('../doctor/formatFindings.ts')
      const { usesColor } = await import('../terminal.ts')
      const paint = usesColor(context.stdout, context.env) ? styleText : (_: string, text: string) => text
      context.stdout.write(formatFindings(findings, facts.nativePlatforms[0] ?? 'this machine', paint))
    } else {
      context.stdout.write(findings.map(({ check, state, detail, remedy = '' }) => `${template.apply({ check, state, detail, remedy })}\n`).join(''))
    }
    return canBuild(findings) ? EXIT.done : EXIT.failed
  },
})
