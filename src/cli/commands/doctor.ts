import { defineCommand, type CommandContext } from '../command.ts'
import type { Finding } from '../doctor/finding.ts'
import { EXIT } from '../exitCode.ts'
import { UsageError } from '../flags/usageError.ts'
import { parseTemplate, type Template } from '../format/goTemplate.ts'

export const doctor = defineCommand({
  usage: '[OPTIONS] [REGISTRY[/REPOSITORY[:TAG]]]',
  summary: 'Show what this machine has for builds, or what a registry can do, and what to do about what is lacking',
  flags: {
    format: { kind: 'text', value: 'TEMPLATE', help: 'json: one document; else a Go template for each finding' },
    write: { kind: 'switch', help: 'Of a repository: push small blobs and manifests to find out what it takes, and remove them again' },
    json: { kind: 'switch', help: 'The same as --format json' },
  },
  operands: [0, 1],
  async run({ flags, operands: [registry] }, context, signal) {
    if (flags.json && flags.format !== undefined) throw new UsageError('--json and --format exclude one another')
    const format = flags.json ? 'json' : flags.format
    const template = format === undefined || format === 'json' ? undefined : parseTemplate(format)
    if (registry !== undefined) return await examine(registry, { mayWrite: flags.write, format, template }, context, signal)
    if (flags.write) throw new UsageError('--write is for a repository', { hint: 'such as: pelago doctor --write registry.example.com/team/app' })
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

interface RegistryView {
  readonly mayWrite: boolean
  readonly format: string | undefined
  readonly template: Template | undefined
}

async function examine(text: string, { mayWrite, format, template }: RegistryView, context: CommandContext, signal: AbortSignal): Promise<number> {
  const { examineRegistry, parseRegistryTarget } = await import('../doctor/registry/examineRegistry.ts')
  const { judgeRegistry } = await import('../doctor/registry/judgeRegistry.ts')
  const { describeRegistry, formatRegistryVerdict, formatTraces } = await import('../doctor/registry/verdict.ts')
  const { describeFinding, isFine, worstFirst } = await import('../doctor/finding.ts')
  const target = parseRegistryTarget(text)
  if (mayWrite && target.repository === undefined) throw new UsageError('--write needs a repository to write to', { hint: `such as: pelago doctor --write ${target.host}/team/app` })
  const name = target.repository === undefined ? target.host : `${target.host}/${target.repository}`
  const check = { name, host: target.host, isWritten: mayWrite, ...(await examineRegistry(target, mayWrite, context, signal)) }
  const findings = judgeRegistry(check.observations, target.host)
  if (format === 'json') context.stdout.write(`${JSON.stringify(describeRegistry(check), undefined, 2)}\n`)
  else if (template !== undefined) context.stdout.write(worstFirst(findings).map((finding) => `${template.apply(describeFinding(finding))}\n`).join(''))
  else {
    await draw(findings, formatRegistryVerdict(check), context)
    const { neutralize } = await import('../render/displayText.ts')
    context.stdout.write(formatTraces(check).map((line) => `${neutralize(line)}\n`).join(''))
  }
  return isFine(findings) ? EXIT.done : EXIT.failed
}

async function draw(findings: readonly Finding[], verdict: string, { stdout, env }: CommandContext): Promise<void> {
  const { styleText } = await import('node:util')
  const { formatFindings } = await import('../doctor/formatFindings.ts')
  const { usesColor } = await import('../terminal.ts')
  const paint = usesColor(stdout, env) ? styleText : (_: string, text: string) => text
  stdout.write(formatFindings(findings, verdict, paint))
}
