import { VERSION } from '../../../ground/version.ts'
import { ok, type Finding } from '../finding.ts'
import type { NodeExamination, NodePlatformFacts, PelagoAnswer } from './nodeExamination.ts'

/** A finding, and whose it is. */
export interface NodeFinding extends Finding {
  readonly node: string
}

/** What each node of `builder` lacks, with what to do about it there. */
export function judgeNodes(builder: string, nodes: readonly NodeExamination[]): readonly NodeFinding[] {
  return nodes.flatMap((one) => judgeNode(builder, one).map((finding): NodeFinding => ({ ...finding, node: one.node.name })))
}

function judgeNode(builder: string, { node, answer }: NodeExamination): readonly Finding[] {
  switch (answer.kind) {
    case 'silent':
      return [{ check: 'engine', state: 'fail', detail: answer.reason, remedy: answer.hint ?? `see that its engine runs, or take the node away: pelago create --name ${builder} --node ${node.name} --leave` }]
    case 'not-started':
      return [{ check: 'engine', state: 'warn', detail: `${node.endpoint} is not started`, remedy: `the first build starts it, or: pelago inspect --bootstrap ${builder}` }]
    case 'buildkit':
      return [
        { check: 'engine', state: 'warn', detail: `BuildKit ${answer.version}: it builds, and has no images, containers, plans, audits nor failed steps`, remedy: 'for these, install Pelago there, and have pelago serve listen in its place' },
        ...judgePlatforms(node.given, answer.platforms, []),
      ]
    case 'pelago':
      return [judgeVersion(answer), judgeStore(answer), judgeLoad(answer), ...judgePlatforms(node.given, answer.platforms, answer.missing)]
  }
}

function judgeVersion({ version, isRootless }: PelagoAnswer): Finding {
  const detail = `Pelago ${version}${isRootless ? ', of an ordinary user' : ''}`
  return version === VERSION ? ok('engine', detail) : { check: 'engine', state: 'warn', detail: `${detail}; this command is ${VERSION}`, remedy: 'install the same version there: what one of them does not know, it refuses' }
}

function judgeStore({ root, snapshotter }: PelagoAnswer): Finding {
  if (snapshotter === 'overlay') return ok('store', `${root}, on overlayfs`)
  return { check: 'store', state: 'warn', detail: `${root}, by copying: steps with large bases are slow`, remedy: 'pelago doctor there says what overlayfs lacks' }
}

function judgeLoad({ cpus, runningBuilds }: PelagoAnswer): Finding {
  return ok('load', `${runningBuilds} ${runningBuilds === 1 ? 'build' : 'builds'} running, ${cpus} ${cpus === 1 ? 'CPU' : 'CPUs'}`)
}

/** What it was given and does not run is the worst: builds go there for it, and fail. */
function judgePlatforms(given: readonly string[], platforms: readonly NodePlatformFacts[], missing: PelagoAnswer['missing']): readonly Finding[] {
  const listed = new Set(platforms.map(({ platform }) => platform))
  const absent = given.filter((platform) => !listed.has(platform)).map((platform): Finding => {
    const why = missing.find((one) => one.platform === platform)
    return { check: platform, state: 'fail', detail: `given to it, and not run there${why === undefined ? '' : `: ${why.reason}`}`, remedy: why === undefined ? 'give it what it runs, or install the emulator there' : `there: ${why.hint}` }
  })
  const others = missing.filter(({ platform }) => !given.includes(platform)).map(({ platform, reason, hint }): Finding => ({ check: platform, state: 'warn', detail: reason, remedy: `there: ${hint}` }))
  const natives = platforms.filter(({ runs }) => runs.kind === 'natively').map(({ platform }) => platform)
  const emulated = platforms.filter(({ runs }) => runs.kind === 'emulated').map(({ platform }) => platform)
  return [...absent, ...others, ...(natives.length > 0 ? [ok('native', natives.join(', '))] : []), ...(emulated.length > 0 ? [ok('emulated', emulated.join(', '))] : [])]
}

/** `builder farm can build: 2 of 3 nodes answer` */
export function formatNodesVerdict(builder: string, nodes: readonly NodeExamination[]): string {
  const startable = nodes.filter(({ answer }) => answer.kind === 'not-started').length
  const answering = nodes.filter(({ answer }) => answer.kind !== 'silent').length - startable
  const counted = `${answering} of ${nodes.length} ${nodes.length === 1 ? 'node answers' : 'nodes answer'}${startable === 0 ? '' : `, ${startable} to be started`}`
  return answering + startable === 0 ? `builder ${builder} can build nothing: ${counted}` : `builder ${builder} can build: ${counted}`
}
