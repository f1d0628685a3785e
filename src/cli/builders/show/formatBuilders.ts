import { driversOf } from '../../../driver/builders/builder.ts'
import type { TemplateValue } from '../../format/goTemplate.ts'
import { neutralize } from '../../render/displayText.ts'
import { formatTable } from '../../format/table.ts'
import { formatDetails, policyFields } from './nodeDetails.ts'
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
  const head = [['Name:', builder.name], ['Driver:', driversOf(builder).join(', ')], ['Missing:', missingPlatforms(nodes).join(', ')]] as const
  const isMixed = driversOf(builder).length > 1
  return [...head.filter(([, value]) => value !== '').map(formatField), '', 'Nodes:', nodes.map((state) => describeNode(state, isMixed)).join('\n\n')].map((line) => `${line}\n`).join('')
}

/** Platforms of Docker's official images that no node builds for; none where no node says what it builds for. */
export function missingPlatforms(nodes: readonly NodeState[]): readonly string[] {
  const there = new Set(nodes.flatMap(({ platforms }) => platforms.map(({ platform }) => platform)))
  return there.size === 0 ? [] : USUAL_PLATFORMS.filter((platform) => !there.has(platform))
}

const USUAL_PLATFORMS = ['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/arm/v6', 'linux/386', 'linux/ppc64le', 'linux/riscv64', 'linux/s390x']

function describeNode(state: NodeState, isMixed: boolean): string {
  const { node, status, error, hint, version, platforms } = state
  const options = [...node.options].map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(' ')
  const fields = [
    ['Name:', node.name],
    ['Driver:', isMixed ? node.driver : ''],
    ['Endpoint:', node.endpoint],
    ['Driver Options:', options],
    ['Status:', status],
    ['Error:', error],
    ['Hint:', hint],
    ['BuildKit daemon flags:', node.flags.join(' ')],
    ['BuildKit version:', version],
    ['Platforms:', formatPlatforms(platforms, true)],
  ] as const
  return [...fields.filter(([, value]) => value !== '').map(formatField), ...formatDetails(state)].map(neutralize).join('\n')
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

function formatField([name, value]: readonly [string, string]): string {
  return `${`${name} `.padEnd(18)}${value}`
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
    MissingPlatforms: missingPlatforms(nodes),
    Nodes: nodes.map(nodeFields),
  }
}

function nodeFields({ node, status, error, version, platforms, labels, policies, devices }: NodeState): TemplateValue {
  return {
    Name: node.name,
    Driver: node.driver,
    Endpoint: node.endpoint,
    DriverOpts: Object.fromEntries(node.options),
    Flags: node.flags,
    Files: Object.fromEntries(node.files),
    Status: status,
    Err: error,
    Version: version,
    Platforms: platforms.map(({ platform }) => platform),
    NativePlatforms: platforms.filter(({ runs }) => runs === 'natively').map(({ platform }) => platform),
    GivenPlatforms: platforms.filter(({ isGiven }) => isGiven).map(({ platform }) => platform),
    Labels: labels,
    GCPolicy: policies.map(policyFields),
    Devices: devices.map(({ Name, AutoAllow, OnDemand, Annotations }) => ({ Name, AutoAllow, OnDemand, Annotations })),
  }
}
