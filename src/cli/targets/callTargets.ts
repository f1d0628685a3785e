import { createSolveTargets } from '../../driver/targets/solveTargets.ts'
import { BuildError } from '../../ground/errors.ts'
import { withInsecureRegistries } from '../build/performBuild.ts'
import { reportAnswer } from '../build/performCall.ts'
import { clientParts } from '../clientParts.ts'
import type { CommandContext } from '../command.ts'
import { openEngine } from '../engine.ts'
import { EXIT } from '../exitCode.ts'
import { openDisplay } from '../render/display.ts'
import { targetRequests, type TargetsRun } from './performTargets.ts'
import type { PreparedTarget } from './prepareTargets.ts'
import { createTargetEvents } from './targetEvents.ts'

/**
 * Asks the frontend of each target, and prints what it answers under the target's name; the exit code. As JSON it is one
 * document, with a key for each. @throws CheckFailedError for the first whose check found what ends a build
 */
export async function callTargets(targets: readonly PreparedTarget[], run: TargetsRun, context: CommandContext, signal: AbortSignal): Promise<number> {
  await using engine = await openEngine(withInsecureRegistries(context, run.insecureRegistries ?? []), signal)
  const { responses, error } = await (async () => {
    using display = openDisplay(run.progress, context)
    const events = createTargetEvents(display.sink)
    return await createSolveTargets(clientParts(context))(engine, targetRequests(targets, context), events, signal)
  })()
  if (error !== undefined) throw error
  if (targets.some(({ build: { call } }) => call?.format === 'json')) return printJson(targets, responses, context)
  return printAnswers(targets, responses, context)
}

type Answers = ReadonlyMap<string, ReadonlyMap<string, string>>

function printAnswers(targets: readonly PreparedTarget[], answers: Answers, context: CommandContext): number {
  let exitCode: number = EXIT.done
  const failures: BuildError[] = []
  for (const [index, { name, build: { call } }] of targets.entries()) {
    const answer = answers.get(name)
    if (call === undefined || answer === undefined) continue
    context.stdout.write(`${index === 0 ? '' : '\n'}${name}:\n`)
    try {
      exitCode = Math.max(exitCode, reportAnswer(answer, call, context))
    } catch (error) {
      if (!(error instanceof BuildError)) throw error
      failures.push(error)
    }
  }
  const [first] = failures
  if (first !== undefined) throw first
  return exitCode
}

function printJson(targets: readonly PreparedTarget[], answers: Answers, { stdout }: CommandContext): number {
  const isBad = ({ name, build: { call } }: PreparedTarget): boolean => call?.ignoresStatus === false && !['0', undefined].includes(answers.get(name)?.get('result.statuscode'))
  stdout.write(`${JSON.stringify(Object.fromEntries(targets.map(({ name }) => [name, JSON.parse(answers.get(name)?.get('result.json') ?? '{}') as unknown])), undefined, 2)}\n`)
  return targets.some(isBad) ? EXIT.failed : EXIT.done
}
