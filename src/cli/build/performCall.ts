import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { styleText } from 'node:util'
import { createAskFrontend } from '../../driver/askFrontend.ts'
import { BuildError } from '../../ground/errors.ts'
import { objectList, optionalNumber, optionalObject, optionalString, parseJsonObject, type JsonObject } from '../../ground/jsonValue.ts'
import type { SourceSpan } from '../../ground/sourceSpan.ts'
import type { BuildWarning } from '../../progress/progressEvent.ts'
import { annotateCheck, dockerfilePathOf } from '../ci/buildReport.ts'
import { clientParts } from '../clientParts.ts'
import type { CommandContext } from '../command.ts'
import { openEngine } from '../engine.ts'
import { EXIT } from '../exitCode.ts'
import { userCredentials } from '../registry/registryAccess.ts'
import { openDisplay } from '../render/display.ts'
import { usesColor } from '../terminal.ts'
import { formatMetadata } from './buildOutcome.ts'
import type { FrontendCall } from './frontendCall.ts'
import { withInsecureRegistries } from './performBuild.ts'
import type { PreparedBuild } from './prepareBuild.ts'

/** Asks the frontend, and prints what it answers; the exit code. @throws CheckFailedError where a check found what ends a build */
export async function performCall(prepared: PreparedBuild, call: FrontendCall, context: CommandContext, signal: AbortSignal): Promise<number> {
  const { requests, flags, progress } = prepared
  const answer = new Map<string, string>()
  await using engine = await openEngine(withInsecureRegistries(context, flags['insecure-registry']), signal)
  {
    using display = openDisplay(progress, context)
    const ask = createAskFrontend(clientParts(context))
    for (const request of requests) {
      const attributes = new Map([...request.attributes, ['requestid', call.requestId]])
      for (const [key, value] of await ask(engine, { ...request, attributes, credentials: userCredentials(context) }, display.sink, signal)) answer.set(key, value)
    }
  }
  const metadataFile = flags['metadata-file']
  if (metadataFile !== undefined) await writeFile(resolve(context.workingFolder, metadataFile), formatMetadata(answer))
  if (call.requestId === 'frontend.lint') annotateCheck(readWarnings(parseJsonObject(answer.get('result.json') ?? '{}', 'result.json')), dockerfilePathOf(prepared), context)
  return reportAnswer(answer, call, context)
}

/** Prints what was answered; the exit code. @throws CheckFailedError */
export function reportAnswer(answer: ReadonlyMap<string, string>, { requestId, format, ignoresStatus }: FrontendCall, { stdout, env }: CommandContext): number {
  const json = answer.get('result.json') ?? '{}'
  const found = requestId === 'frontend.lint' ? parseJsonObject(json, 'result.json') : undefined
  const paint = usesColor(stdout, env) ? (text: string): string => text.replace(/^WARNING:/gm, (word) => styleText('yellow', word)) : (text: string): string => text
  if (format === 'json') stdout.write(`${json}\n`)
  else stdout.write(`${found === undefined ? '' : headline(found)}${paint(answer.get('result.txt') ?? '')}`)
  const failure = found === undefined ? undefined : readFailure(found)
  if (failure !== undefined) throw failure
  return ignoresStatus || ['0', undefined].includes(answer.get('result.statuscode')) ? EXIT.done : EXIT.failed
}

function headline(found: JsonObject): string {
  const count = objectList(found, 'warnings').length
  if (count > 0) return `Check complete, ${count === 1 ? '1 warning has' : `${count} warnings have`} been found!\n`
  return optionalObject(found, 'buildError') === undefined ? 'Check complete, no warnings found.\n' : ''
}

/** What would end a build of the Dockerfile. */
class CheckFailedError extends BuildError {
  readonly kind = 'step-failed'
  readonly span: SourceSpan | undefined
  constructor(message: string, facts: { readonly span: SourceSpan | undefined; readonly hint: string | undefined }) {
    super(message, { hint: facts.hint })
    this.span = facts.span
  }
}

function readFailure(found: JsonObject): CheckFailedError | undefined {
  const error = optionalObject(found, 'buildError')
  if (error === undefined) return undefined
  return new CheckFailedError(optionalString(error, 'message') ?? 'the Dockerfile cannot be built', { hint: optionalString(error, 'hint'), span: readSpan(found, optionalObject(error, 'location')) })
}

function readWarnings(found: JsonObject): readonly BuildWarning[] {
  return objectList(found, 'warnings').map((warning) => ({
    kind: 'warning',
    vertex: undefined,
    at: 0,
    message: `${optionalString(warning, 'ruleName') ?? 'check'}: ${optionalString(warning, 'detail') ?? optionalString(warning, 'description') ?? ''}`,
    detail: [],
    url: optionalString(warning, 'url'),
    span: readSpan(found, optionalObject(warning, 'location')),
  }))
}

function readSpan(found: JsonObject, location: JsonObject | undefined): SourceSpan | undefined {
  const [source] = objectList(found, 'sources')
  const ranges = location === undefined ? [] : objectList(location, 'ranges')
  if (source === undefined || ranges.length === 0) return undefined
  const linesOf = (end: string): readonly number[] => ranges.map((range) => optionalNumber(optionalObject(range, end) ?? range, 'line') ?? 0)
  const text = Buffer.from(optionalString(source, 'data') ?? '', 'base64').toString()
  return { source: { filename: optionalString(source, 'filename') ?? 'Dockerfile', text }, startLine: Math.min(...linesOf('start')), endLine: Math.max(...linesOf('end')) }
}
