import { defineCommand, type CommandContext } from '../command.ts'
import type { Finding } from '../doctor/finding.ts'
import { EXIT } from '../exitCode.ts'
import { UsageError } from '../flags/usageError.ts'
import { parseTemplate } from '../format/goTemplate.ts'

export const doctor = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Show what this machine has for builds, what it lacks, and what to do about it',
  flags: {
    format: { kind: 'text', value: 'TEMPLATE', help: 'json: one document; else a Go template for each finding' },
    json: { kind: 'switch', help: 'The same as --format json' },
  },
  operands: [0, 0],
  async run({ flags }, context, signal) {
    if (flags.json && flags.format !== undefined) throw new UsageError('--json and --format exclude one another')
    const format = flags.json ? 'json' : flags.format
    const template = format === undefined || format === 'json' ? undefined : parseTemplate(format)
    const { examineMachine } = await import('../doctor/examine/examineMachine.ts')
    const { judgeMachine } = await import('../doctor/judge/judgeMachine.ts')
    const { formatVerdict } = await import('../doctor/judge/verdict.ts')
    const { describeFinding, isFine, worstFirst } = await import('../doctor/finding.ts')
    const facts = await examineMachine(context.env, signal)
    const findings = judgeMachine(facts)
    const [native = 'this machine'] = facts.nativePlatforms
    const described = worstFirst(findings).map(describeFinding)
    if (format === 'json') context.stdout.write(`${JSON.stringify({ platform: native, canBuild: isFine(findings), findings: described }, undefined, 2)}\n`)
    else if (template !== undefined) context.stdout.write(described.map((finding) => `${template.apply(finding)}\n`).join(''))
    else await draw(findings, formatVerdict(findings, native), context)
    return isFine(findings) ? EXIT.done : EXIT.failed
  },
})

async function draw(findings: readonly Finding[], verdict: string, { stdout, env }: CommandContext): Promise<void> {
  const { styleText } = await import('node:util')
  const { formatFindings } = await import('../doctor/formatFindings.ts')
  const { usesColor } = await import('../terminal.ts')
  const paint = usesColor(stdout, env) ? styleText : (_: string, text: string) => text
  stdout.write(formatFindings(findings, verdict, paint))
}
