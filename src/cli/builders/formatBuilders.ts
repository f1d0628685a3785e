import { driversOf } from '../../driver/builders/builder.ts'
import type { TemplateValue } from '../format/goTemplate.ts'
import { formatTable } from '../format/table.ts'
import type { BuilderState, NodePlatform, NodeState } from './nodeState.ts'

export interface BuildersView {
  readonly isFull: boolean
}

/** As `docker buildx ls` draws them: a line for each builder, and under it one for each of its nodes. */
export function formatBuilders(builders: readonly BuilderState[], { isFull }: BuildersView): string {
  const rows = builders.flatMap(({ builder, isCurrent, nodes }) => [
    [`${builder.name}${isCurrent ? '*' : ''}`, driversOf(builder).join(','), '', '', ''],
    ...nodes.map((state) => [` \\_ ${state.node.name}`, ` \\_ ${state.node.endpoint}`, state.status, state.version, formatPlatforms(state.platforms, isFull)]),
  ])
  return formatTable(['NAME/NODE', 'DRIVER/ENDPOINT', 'STATUS', 'BUILDKIT', 'PLATFORMS'], rows)
}

/** As `docker buildx inspect` has it. */
export function formatBuilder({ builder, nodes }: BuilderState): string {
  const head = [['Name:', builder.name], ['Driver:', driversOf(builder).join(', ')]] as const
  return [...head.map(formatField), '', 'Nodes:', ...nodes.map((state) => describeNode(state).map(formatField).join('\n'))].map((line) => `${line}\n`).join('')
}

function describeNode({ node, status, error, version, platforms }: NodeState): readonly (readonly [string, string])[] {
  const options = [...node.options].map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(' ')
  const fields = [
    ['Name:', node.name],
    ['Endpoint:', node.endpoint],
    ['Driver Options:', options],
    ['Status:', status],
    ['Error:', error],
    ['BuildKit version:', version],
    ['Platforms:', formatPlatforms(platforms, true)],
  ] as const
  return fields.filter(([, value]) => value !== '')
}

function formatField([name, value]: readonly [string, string]): string {
  return `${name.padEnd(18)}${value}`
}

/** `*` marks what was given by hand. Where they are not all wanted, levels of a CPU are counted with its baseline. */
function formatPlatforms(platforms: readonly NodePlatform[], isFull: boolean): string {
  const isLevel = ({ platform, isGiven }: NodePlatform): boolean => !isFull && !isGiven && platforms.some((other) => platform.startsWith(`${other.platform}/`))
  const levelsOf = (baseline: NodePlatform): number => platforms.filter((one) => isLevel(one) && one.platform.startsWith(`${baseline.platform}/`)).length
  return platforms.filter((one) => !isLevel(one)).map((one) => formatPlatform(one, levelsOf(one))).join(', ')
}

function formatPlatform({ platform, isGiven, runs }: NodePlatform, levels: number): string {
  const notes = [...(runs === 'natively' ? ['native'] : []), ...(levels > 0 ? [`+${levels}`] : [])]
  return `${platform}${isGiven ? '*' : ''}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`
}

/** What templates read, with buildx's names: a row for the builder, and one for each of its nodes. */
export function builderRows({ builder, isCurrent, nodes }: BuilderState): readonly TemplateValue[] {
  const whole = builderFields({ builder, isCurrent, nodes })
  const common = { Builder: whole, LastActivity: '', Current: isCurrent }
  return [
    { ...common, Name: builder.name, DriverEndpoint: driversOf(builder).join(','), Status: '', Buildkit: '', Platforms: '', Error: '' },
    ...nodes.map(({ node, status, error, version, platforms }) => ({ ...common, Name: node.name, DriverEndpoint: node.endpoint, Status: status, Buildkit: version, Platforms: formatPlatforms(platforms, true), Error: error })),
  ]
}

/** A builder as one JSON object, with buildx's names. */
export function builderFields({ builder, isCurrent, nodes }: BuilderState): TemplateValue {
  return {
    Name: builder.name,
    Driver: driversOf(builder).join(','),
    Current: isCurrent,
    Nodes: nodes.map(({ node, status, error, version, platforms }) => ({
      Name: node.name,
      Driver: node.driver,
      Endpoint: node.endpoint,
      DriverOpts: Object.fromEntries(node.options),
      Status: status,
      Err: error,
      Version: version,
      Platforms: platforms.map(({ platform }) => platform),
      NativePlatforms: platforms.filter(({ runs }) => runs === 'natively').map(({ platform }) => platform),
      GivenPlatforms: platforms.filter(({ isGiven }) => isGiven).map(({ platform }) => platform),
    })),
  }
}
