import { styleText } from 'node:util'
import { createAskFrontend } from '../../driver/askFrontend.ts'
import type { BuildRequest, EngineClient } from '../../driver/driver.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'
import { clientParts } from '../clientParts.ts'
import type { CommandContext } from '../command.ts'
import { usesColor } from '../terminal.ts'
import { formatPlan } from './formatPlan.ts'
import { parsePlan } from './parsePlan.ts'

/** What an engine says of a plan. */
export interface PlanAnswer {
  readonly json: string
  /** Whether the build would start. */
  readonly isFine: boolean
}

export async function askForPlan(engine: EngineClient, request: BuildRequest, { context, sink }: { readonly context: CommandContext; readonly sink: ProgressSink }, signal: AbortSignal): Promise<PlanAnswer> {
  const answer = await createAskFrontend(clientParts(context))(engine, request, sink, signal)
  return { json: answer.get('result.json') ?? '{}', isFine: answer.get('result.statuscode') === '0' }
}

export function drawPlan({ json }: PlanAnswer, { stdout, env }: CommandContext): string {
  return formatPlan(parsePlan(json), usesColor(stdout, env) ? styleText : (_: string, text: string) => text)
}
