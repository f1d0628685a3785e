import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { parseReference } from '../../ground/reference.ts'
import { writeFileAtomically } from '../../kit/files/atomicFile.ts'
import type { CommandContext } from '../command.ts'
import { openEngine } from '../engine.ts'
import { EXIT } from '../exitCode.ts'
import { UsageError } from '../flags/usageError.ts'
import { parseDurationNs } from '../../ground/quantity/duration.ts'
import { parsePlatformFlags } from '../localPlatform.ts'
import { openCredentialSession } from '../registry/credentialSession.ts'
import { parseRunSpec } from '../run/runSpec.ts'
import { usesColor } from '../terminal.ts'
import { formatJunit } from './junit.ts'
import { planTests, type PlannedTest, readImagePlatforms, readRunnable } from './planTests.ts'
import { runTests, type TestSuite } from './runTests.ts'
import { openTestDisplay } from './testDisplay.ts'
import { toRunFlags, type TestFlags } from './testFlags.ts'
import { formatFailedOutput, formatTestJson, formatTestTable } from './testReport.ts'
import { hasFailed, type TestResult } from './testRun.ts'

/** Longer than this no timer runs. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

/** The exit code: 1 where a test failed. @throws UsageError; RegistryError; EngineUnavailableError */
export async function performTest(flags: TestFlags, operands: readonly string[], context: CommandContext, signal: AbortSignal): Promise<number> {
  const [image = '', ...command] = splitCommand(operands)
  const spec = await parseRunSpec(toRunFlags(flags), [image, ...command], context)
  const numbers = { parallel: parseCount(flags.parallel, '--parallel') ?? availableParallelism(), repeat: parseCount(flags.repeat, '--repeat') ?? 1, timeoutMs: parseTimeout(flags.timeout) }
  const question = { reference: parseReference(image), wanted: parsePlatformFlags(flags.platform), pull: flags.pull }
  const startedAt = new Date(context.now()).toISOString()
  let results: readonly TestResult[]
  {
    await using engine = await openEngine(context, signal)
    const runnable = await readRunnable(engine, question.reference, signal)
    const planned = planTests(question.wanted, await readImagePlatforms(engine, question, context, signal), runnable)
    const platforms = planned.flatMap((test) => (test.kind === 'test' ? test.on : []))
    await using session = openCredentialSession(engine, context, signal)
    using display = openTestDisplay(platforms, context)
    const containerFor: TestSuite['containerFor'] = ({ platform }) => ({
      spec: { ...spec, platform, session: session.id },
      timeoutMs: numbers.timeoutMs,
      call: (inputs, inner) => engine.local.run(inputs, { signal: inner }),
      now: context.now,
    })
    const tested = await runTests({ platforms, ...numbers, isFailFast: flags['fail-fast'], containerFor, display }, signal)
    results = planned.flatMap((test) => resultOf(test, tested, flags['allow-missing']))
  }
  if (flags.junit !== undefined) await writeFileAtomically(resolve(context.workingFolder, flags.junit), formatJunit({ name: image, startedAt, results }), { mode: 0o644 })
  report(results, { image, repeat: numbers.repeat, format: flags.format }, context)
  return exitCode(results)
}

/** The image, and the command behind it with or without `--` before it. @throws UsageError */
function splitCommand([image = '', ...rest]: readonly string[]): readonly string[] {
  const dashes = rest.indexOf('--')
  if (dashes > 0 && rest[0]?.startsWith('-') === true) throw new UsageError(`flags stand before the image, and ${rest[0]} is behind ${image}`, { hint: `write pelago test ${rest.slice(0, dashes).join(' ')} ${image} -- ${rest.slice(dashes + 1).join(' ')}` })
  return [image, ...(dashes === 0 ? rest.slice(1) : rest)]
}

function parseCount(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined
  const count = Number(text)
  if (!/^\d+$/.test(text) || count < 1 || count > 10_000) throw new UsageError(`invalid ${flag}: ${JSON.stringify(text)}`, { hint: 'write a number from 1 on' })
  return count
}

function parseTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const timeoutMs = Number(parseDurationNs(text) / 1_000_000n)
  if (timeoutMs < 1 || timeoutMs > MAX_TIMEOUT_MS) throw new UsageError(`invalid --timeout: ${JSON.stringify(text)}`, { hint: 'write a time from 1ms to 24d, such as 5m' })
  return timeoutMs
}

function resultOf(test: PlannedTest, tested: readonly TestResult[], isAllowed: boolean): readonly TestResult[] {
  if (test.kind === 'missing') return [{ ...test, isAllowed }]
  return tested.filter((result) => result.kind === 'tested' && result.on === test.on)
}

function report(results: readonly TestResult[], { image, repeat, format }: { readonly image: string; readonly repeat: number; readonly format: string }, { stdout, env }: CommandContext): void {
  if (format === 'json') stdout.write(formatTestJson({ reference: image, results }))
  else stdout.write(`${formatFailedOutput(results, { isColor: usesColor(stdout, env) })}${formatTestTable(results, repeat)}`)
}

/** What could not be tried because engine or registry are out of order is no failed test. Nothing tested at all is one. */
function exitCode(results: readonly TestResult[]): number {
  const outcomes = results.flatMap((result) => (result.kind === 'tested' ? result.runs.map(({ outcome }) => outcome) : []))
  const isBroken = outcomes.some((outcome) => outcome.kind === 'not-started' && (outcome.errorKind === 'unavailable' || outcome.errorKind === 'corrupt'))
  if (isBroken) return EXIT.engineFailed
  return outcomes.length === 0 || results.some(hasFailed) ? EXIT.failed : EXIT.done
}
