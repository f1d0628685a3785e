import type { BuildPlan, PlanEdit, PlanImage, PlanPlace, PlanProblem, PlanRun, PlanStage, PlanStep, PlanTime } from '../../engine/plan/buildPlan.ts'
import { formatTable } from '../format/table.ts'
import { neutralize, truncate } from '../render/displayText.ts'
import type { Paint } from '../render/line.ts'
import { formatBytes, formatDuration } from '../render/measure.ts'

/** A plan for people: what is in the way first, then a line a step, what is pulled, the time, and what would help. */
export function formatPlan(plan: BuildPlan, paint: Paint): string {
  const parts = [
    plan.problems.length === 0 ? '' : `${paint('red', 'A build would fail:')}\n${plan.problems.map((problem) => formatProblem(problem, plan)).join('')}`,
    `${headline(plan)}\n\n${formatTable(['STAGE', 'LINE', 'STEP', 'WHAT', 'TIME'], plan.stages.flatMap((stage) => stageRows(stage, plan)))}`,
    plan.images.length === 0 ? '' : formatTable(['IMAGE', 'PLATFORM', 'LAYERS', 'SIZE', 'HERE', 'PULL'], plan.images.map(imageRow)),
    `${formatTime(plan)}${formatAccelerate(plan)}`,
    plan.edits.length === 0 ? '' : `${paint('bold', 'What would help:')}\n${plan.edits.map(formatEdit).join('')}`,
  ]
  return parts.filter((part) => part !== '').join('\n')
}

function formatProblem({ message, hint, lines, platforms }: PlanProblem, plan: BuildPlan): string {
  const where = lines === undefined ? '' : `line ${lines.startLine}: `
  const isTold = platforms.every((platform) => message.includes(platform)) || platforms.length === plan.platforms.length
  const forPlatforms = isTold ? '' : ` (for ${platforms.join(', ')})`
  return `  ${neutralize(`${where}${message}${forPlatforms}`)}\n${hint === undefined ? '' : `    hint: ${neutralize(hint)}\n`}`
}

function headline({ platforms, buildPlatform, stages }: BuildPlan): string {
  const runs = stages.flatMap(({ steps }) => steps.filter((step) => !isFrom(step)).flatMap((step) => step.runs))
  const count = (state: PlanRun['state']): number => runs.filter((run) => run.state === state).length
  const emulated = runs.filter(({ state, mode }) => state === 'runs' && mode === 'emulated').length
  const counts = [
    `${steps(count('runs'))}${emulated === 0 ? '' : ` (${emulated} emulated)`}`,
    ...(count('unknown') === 0 ? [] : [`${count('unknown')} not known yet`]),
    ...(count('blocked') === 0 ? [] : [`${count('blocked')} blocked`]),
    `${count('cached')} cached`,
  ]
  return `Plan for ${platforms.join(', ')} on ${buildPlatform}: ${counts.join(', ')}`
}

function steps(count: number): string {
  return count === 1 ? '1 step runs' : `${count} steps run`
}

function stageRows(stage: PlanStage, plan: BuildPlan): readonly (readonly string[])[] {
  const name = nameOf(stage)
  if (!stage.isNeeded) return [[name, linesText(stage.lines), `FROM ${stage.base}`, 'not needed for the target', '']]
  if (stage.steps.length === 0) return [[name, linesText(stage.lines), `FROM ${stage.base}`, 'nothing to do', '']]
  return stage.steps.map((step, index) => [index === 0 ? name : '', linesText(step.lines), truncate(neutralize(step.text), STEP_COLUMNS), isFrom(step) ? describeBase(step, plan) : describeStep(step, plan), timeText(step)])
}

const STEP_COLUMNS = 52

function isFrom({ text }: PlanStep): boolean {
  return text.startsWith('FROM ')
}

function nameOf({ name, index }: Pick<PlanStage, 'name' | 'index'>): string {
  return name === '' ? `${index}` : name
}

function linesText({ startLine, endLine }: PlanStage['lines']): string {
  return startLine === endLine ? `${startLine}` : `${startLine}-${endLine}`
}

/** A base is never run: it is here, or pulled, or nothing needs its files. */
function describeBase({ lines: { startLine } }: PlanStep, { images, problems }: BuildPlan): string {
  const missing = problems.filter(({ kind, lines }) => ['platform-missing', 'image-missing'].includes(kind) && lines?.startLine === startLine).flatMap(({ platforms }) => platforms)
  const used = images.filter(({ lines }) => lines.includes(startLine))
  if (used.length === 0) return missing.length > 0 ? 'missing' : ''
  const pulled = used.filter(({ pullBytes }) => pullBytes > 0)
  const bytes = formatBytes(pulled.reduce((sum, { pullBytes }) => sum + pullBytes, 0))
  const isSpared = used.some(({ layers, layersHere, need }) => need === 'not-needed' && layersHere < layers)
  const there = pulled.length > 0 ? `pull ${pulled.every(({ need }) => need === 'unknown') ? 'up to ' : ''}${bytes}${used.length > 1 ? ` of ${pulled.length} platforms` : ''}` : isSpared ? 'not pulled: no step needs its files' : 'here'
  return missing.length === 0 ? there : `${there}; missing for ${shortNames(missing)}`
}

/** Platforms of which the same is said are said together. */
function describeStep({ runs }: PlanStep, plan: BuildPlan): string {
  const groups = [...Map.groupBy(runs, (run) => `${run.state} ${run.state === 'runs' ? `${run.mode} ${run.hasTwins}` : ''} ${run.until.map((place) => describePlace(place, plan)).join()}`).values()]
  const texts = groups.map((same) => describeRuns(same, plan))
  if (texts.length > 1) return texts.map((text, index) => `${text} (${shortNames(groups[index]?.flatMap(({ platforms }) => platforms) ?? [])})`).join('; ')
  const isWork = runs.some(({ state }) => state === 'runs')
  return `${texts[0] ?? ''}${isWork && plan.platforms.length > 1 ? (runs.length > 1 ? ', for each platform' : ', once for all') : ''}`
}

/** Of runs that come to the same, but for the emulator. */
function describeRuns(runs: readonly PlanRun[], plan: BuildPlan): string {
  const [run] = runs
  switch (run?.state) {
    case undefined:
      return ''
    case 'cached':
      return 'cached'
    case 'blocked':
      return 'not known'
    case 'unknown':
      return `unknown until ${[...new Set(run.until.map((place) => describePlace(place, plan)))].join(', ')}`
    case 'runs':
      return runs.some(({ failure }) => failure !== undefined) ? 'fails' : `${RUN_TEXTS[run.mode]([...new Set(runs.map(({ emulator }) => emulator ?? ''))].join(', '))}${run.hasTwins ? ', with twins' : ''}`
  }
}

const RUN_TEXTS: Readonly<Record<PlanRun['mode'], (emulator: string) => string>> = {
  native: () => 'runs natively',
  emulated: (emulator) => `emulated by ${emulator}`,
  impossible: () => 'cannot run here',
  none: () => 'runs',
}

function describePlace(place: PlanPlace, plan: BuildPlan): string {
  return place.isImage ? `${place.text.replace(/^.*FROM (?:--\S+ )*(\S+).*$/i, '$1').replace(/@sha256:.*$/, '')} is here` : `${placeName(place, plan)} ran`
}

/** `build:7` */
function placeName({ stage, line }: PlanPlace, { stages }: BuildPlan): string {
  const found = stages.find(({ index }) => index === stage)
  return found === undefined || stages.length === 1 ? `line ${line}` : `${nameOf(found)}:${line}`
}

function shortNames(platforms: readonly string[]): string {
  return [...new Set(platforms)].map((platform) => platform.replace(/^linux\//, '')).join(', ')
}

function timeText({ runs, text }: PlanStep): string {
  const working = runs.filter(({ state }) => state === 'runs' || state === 'unknown')
  if (working.length === 0 || text.startsWith('FROM ')) return ''
  const known = working.flatMap(({ expectedMs }) => expectedMs ?? [])
  if (known.length === 0) return '?'
  return `${known.length < working.length ? '≥' : ''}${formatDuration(known.reduce((sum, ms) => sum + ms, 0))}`
}

function imageRow({ written, platform, found, layers, layersHere, sizeBytes, need, pullBytes }: PlanImage): readonly string[] {
  const here = layersHere === layers ? 'all' : layersHere === 0 ? 'none' : `${layersHere}`
  const pull = need === 'not-needed' && layersHere < layers ? 'not needed' : `${need === 'unknown' && pullBytes > 0 ? 'up to ' : ''}${formatBytes(pullBytes)}`
  return [written, found === platform ? platform : `${platform}, by ${found}`, `${layers}`, formatBytes(sizeBytes), here, pull]
}

function formatTime(plan: BuildPlan): string {
  const { timedSteps, untimedSteps } = plan.time
  if (timedSteps + untimedSteps === 0) return ''
  if (timedSteps === 0) return `Time: not known, since none of the steps that run has run here before\n`
  return `Time: ${sums(plan.time)}, by the last builds; ${formatDuration(plan.time.criticalPathMs)} at least: ${chain(plan)}${untimedSteps === 0 ? '' : `\n      ${untimedSteps === 1 ? '1 step has' : `${untimedSteps} steps have`} not run here before`}\n`
}

/** What of the emulated steps is, or could be, spared the emulator. */
function formatAccelerate({ accelerate: { mode, steps: count, savesMs, missing } }: BuildPlan): string {
  const saved = savesMs === undefined ? '' : `, which saves ${formatDuration(savesMs)} by the last builds`
  const emulated = count === 1 ? '1 emulated step' : `${count} emulated steps`
  if (mode === 'off') return count === 0 ? '' : `Twins: --accelerate runs tools of ${emulated} natively${saved}\n`
  const reasons = missing.flatMap(({ platform, reasons: each }) => each.map((reason) => `       none on ${platform} for ${neutralize(reason)}\n`)).join('')
  if (count === 0 && reasons === '') return ''
  const has = count === 0 ? 'no emulated step that runs has native twins' : `${emulated} ${count === 1 ? 'has' : 'have'} native twins${mode.endsWith('toolchain') ? ', of compilers, too' : ''}${mode.startsWith('verify') ? `, and ${count === 1 ? 'runs' : 'run'} both ways` : saved}`
  return `Twins: ${has}\n${reasons}`
}

function sums({ sumMs, nativeMs, emulatedMs }: PlanTime): string {
  return emulatedMs === 0 ? formatDuration(sumMs) : `${formatDuration(sumMs)} (${formatDuration(nativeMs)} native, ${formatDuration(emulatedMs)} emulated)`
}

function chain(plan: BuildPlan): string {
  return plan.time.criticalPath.map((place) => placeName(place, plan)).join(' → ')
}

function formatEdit({ message, lines, instead, savesMs, savesBytes }: PlanEdit): string {
  const saved = [...(savesMs === undefined ? [] : [formatDuration(savesMs)]), ...(savesBytes === undefined ? [] : [formatBytes(savesBytes)])]
  const body = instead === undefined ? '' : instead.split('\n').map((line) => `      ${neutralize(line)}\n`).join('')
  return `  line ${linesText(lines)}: ${neutralize(message)}${saved.length === 0 ? '' : ` (saves ${saved.join(', ')})`}\n${body}`
}
