import { formatTwinUse } from '../../progress/twinText.ts'
import { formatTable } from '../format/table.ts'
import { neutralize, truncate } from '../render/displayText.ts'
import { formatDuration } from '../render/measure.ts'
import type { BuildDescription, NameValue, OutputDescription, StepDescription } from './describeBuild.ts'

const NAME_COLUMNS = 70

/** A build for people: what it was made from, how it went, and where its time went. */
export function formatBuild(build: BuildDescription): string {
  const facts: readonly (readonly [label: string, value: string])[] = [
    ['Name', build.Name],
    ['Build ID', build.Ref],
    ['Context', build.Context],
    ['Dockerfile', build.Dockerfile],
    ['Target', build.Target],
    ['Platforms', build.Platform.join(', ')],
    ['Accelerated', build.Accelerate],
    ['Started', build.StartedAt],
    ['Duration', `${formatDuration(build.Duration / 1e6)}${build.Status === 'running' ? ' (running)' : ''}`],
    ['Status', build.Status],
    ['Error', build.Error],
    ['Steps', formatSteps(build)],
    ['Warnings', build.NumWarnings === 0 ? '' : String(build.NumWarnings)],
    ['Output', build.Outputs.map(formatOutput).join('; ')],
    ['Digest', build.Digest],
  ]
  const width = Math.max(...facts.map(([label]) => label.length)) + 4
  const lines = facts.filter(([, value]) => value !== '').map(([label, value]) => `${`${label}:`.padEnd(width)}${neutralize(value)}\n`)
  return [lines.join(''), ...tables(build)].filter((part) => part !== '').join('\n')
}

function tables(build: BuildDescription): readonly string[] {
  const named = (heading: string, values: readonly NameValue[]): string => (values.length === 0 ? '' : formatTable([heading, 'VALUE'], values.map(({ Name, Value }) => [Name, Value])))
  return [
    named('BUILD ARGUMENT', build.BuildArgs),
    named('LABEL', build.Labels),
    named('NAMED CONTEXT', build.NamedContexts),
    build.PlatformTimes.length < 2 ? '' : formatTable(['PLATFORM', 'NATIVE', 'EMULATED', 'STEPS', 'CACHED'], build.PlatformTimes.map(({ Platform, Steps, Cached, NativeMs, EmulatedMs }) => [Platform, time(NativeMs), time(EmulatedMs), String(Steps), String(Cached)])),
    build.Attachments.length === 0 ? '' : formatTable(['ATTACHMENT', 'PLATFORM', 'TYPE'], build.Attachments.map(({ Digest, Platform, Type }) => [Digest, neutralize(Platform), neutralize(Type)])),
    formatTable(['STEP', 'PLATFORM', 'TIME', 'HOW'], build.Steps.map((step) => [truncate(step.Name, NAME_COLUMNS), step.Platform, step.Status === 'cached' ? '' : formatDuration(step.DurationMs), howText(step)])),
  ]
}

function howText({ Status, Emulator, Twins }: StepDescription): string {
  if (Status !== 'done') return Status
  if (Emulator === '') return ''
  return `emulated by ${Emulator}${Twins === undefined ? '' : `, ${formatTwinUse({ native: Twins.Native, emulated: Twins.Processes - Twins.Native, why: '' })}`}`
}

function time(ms: number): string {
  return ms === 0 ? '' : formatDuration(ms)
}

function formatSteps({ NumCompletedSteps: done, NumTotalSteps: total, NumCachedSteps: cached }: BuildDescription): string {
  return total === 0 ? '' : `${done}/${total} (${Math.round((cached / total) * 100)}% cached)`
}

function formatOutput({ Type, Names, Push }: OutputDescription): string {
  return [Type, ...Names, ...(Push ? ['pushed'] : [])].join(' ')
}
