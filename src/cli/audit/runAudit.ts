import { styleText } from 'node:util'
import { SEVERITIES, type Severity } from '../../audit/finding.ts'
import type { CommandContext } from '../command.ts'
import { EXIT } from '../exitCode.ts'
import { UsageError } from '../flags/usageError.ts'
import { openImage } from '../images/openImage.ts'
import { parsePlatformFlags } from '../localPlatform.ts'
import { usesColor } from '../terminal.ts'
import type { AuditFlags } from './auditFlags.ts'
import { auditOpened, type ImageAudit } from './auditOpened.ts'
import { formatAudit } from './formatAudit.ts'
import { formatAuditJson } from './formatAuditJson.ts'

/** Exit code 1 where something as bad as `--fail-on` says was found. */
export async function runAudit(name: string, flags: AuditFlags, context: CommandContext, signal: AbortSignal): Promise<number> {
  const wanted = parsePlatformFlags(flags.platform)
  const failsOn = flags.strict ? 'warning' : readSeverity(flags['fail-on'])
  await using image = await openImage(name, context, signal)
  await using undo = new AsyncDisposableStack()
  const base = flags.base === undefined ? undefined : undo.use(await openImage(flags.base, context, signal))
  const audit = await auditOpened({ image, base, wanted }, signal)
  const paint = usesColor(context.stdout, context.env) ? styleText : (_: string, text: string) => text
  context.stdout.write(flags.format === 'json' ? formatAuditJson(audit) : formatAudit(audit, { least: readSeverity(flags.severity), paint }))
  return fails(audit, failsOn) ? EXIT.failed : EXIT.done
}

function readSeverity(text: string): Severity {
  const severity = SEVERITIES.find((known) => known === text)
  if (severity === undefined) throw new UsageError(`unknown severity: ${JSON.stringify(text)}`)
  return severity
}

function fails({ platforms }: ImageAudit, least: Severity): boolean {
  return platforms.some(({ findings }) => findings.some(({ severity }) => SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(least)))
}
