import { defineCommand, type CommandContext } from '../command.ts'
import type { Builder } from '../../driver/builders/builder.ts'
import type { Finding } from '../doctor/finding.ts'
import { EXIT } from '../exitCode.ts'
import { UsageError } from '../flags/usageError.ts'
import { parseTemplate, type Template } from '../format/goTemplate.ts'

export const doctor = defineCommand({
  usage: '[OPTIONS] [REGISTRY[/REPOSITORY[:TAG]]]',
  summary: 'Show what this machine or the nodes of --builder have for builds, or what a registry can do, and what to do about what is lacking',
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
    const builder = await builderElsewhere(context)
    return builder === undefined ? await examineHere({ format, template }, context, signal) : await examineBuilder(builder, { format, template }, context, signal)
  },
})

/** The builder that was asked for, unless all of it is this machine. */
async function builderElsewhere(context: CommandContext): Promise<Builder | undefined> {
  if (context.builder === undefined) return undefined
  const { chooseBuilder } = await import('../builders/chooseBuilder.ts')
  const builder = await chooseBuilder(context)
  return builder.nodes.some(({ driver }) => driver !== 'embedded') ? builder : undefined
}

async function examineHere({ format, template }: View, context: CommandContext, signal: AbortSignal): Promise<number> {
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
}

interface View {
  readonly format: string | undefined
  readonly template: Template | undefined
}

interface RegistryView extends View {
  readonly mayWrite: boolean
}

/** What each node lacks. Exit code 1 where something fails on one. */
async function examineBuilder(builder: Builder, { format, template }: View, context: CommandContext, signal: AbortSignal): Promise<number> {
  const { examineNodes } = await import('../doctor/nodes/examineNodes.ts')
  const { formatNodesVerdict, judgeNodes } = await import('../doctor/nodes/judgeNodes.ts')
  const { describeFinding, isFine, worstFirst } = await import('../doctor/finding.ts')
  const nodes = await examineNodes(builder, context, signal)
  const findings = judgeNodes(builder.name, nodes)
  const described = worstFirst(findings).map((finding) => ({ node: finding.node, ...describeFinding(finding) }))
  const canBuild = nodes.some(({ answer }) => answer.kind !== 'silent')
  if (format === 'json') context.stdout.write(`${JSON.stringify({ builder: builder.name, canBuild, findings: described }, undefined, 2)}\n`)
  else if (template !== undefined) context.stdout.write(described.map((finding) => `${template.apply(finding)}\n`).join(''))
  else await draw(findings.map((finding) => ({ ...finding, check: `${finding.node}: ${finding.check}` })), formatNodesVerdict(builder.name, nodes), context)
  return isFine(findings) ? EXIT.done : EXIT.failed
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
