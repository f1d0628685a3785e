import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createPelagoBuilder, type Builder, type BuildOutcome } from '../parity/builder.ts'
import { generatedCases } from '../parity/generatedCases.ts'
import { missingPeer, startBuildkitPeer, type BuildkitPeer } from '../parity/buildkitPeer.ts'
import { writeCaseContext } from '../parity/caseContext.ts'
import { startCaseNetwork, type CaseNetwork } from '../parity/caseNetwork.ts'
import { isKnownSince, parseCases, type ParityCase } from '../parity/caseFile.ts'
import { compareFacts, formatDifference, readKnownDifferences } from '../parity/differences.ts'
import { readImageFacts, type ImageFacts } from '../parity/imageFacts.ts'
import { createKeptJudgements, type Judgement, type KeptJudgements } from '../parity/keptJudgements.ts'
import { missingForBuilds, pushBaseImage } from '../support/images/baseImage.ts'
import { openPelago, type Pelago } from '../support/pelago.ts'
import { createRegistryImages } from '../support/registry/registryImages.ts'

/*
 * The same Dockerfile gives the same image as with BuildKit: every case of test/parity/cases is built by both, BuildKit's
 * answer being kept as long as the case is the same, and the images are compared fact by fact. What differs is listed in docs/differences.md, and nothing else is.
 */
const CASES_FOLDER = new URL('../parity/cases/', import.meta.url)
const readCases = (url: URL): readonly ParityCase[] => parseCases(readFileSync(url, 'utf8'))
const CASES = [...readdirSync(CASES_FOLDER).sort().flatMap((name) => readCases(new URL(name, CASES_FOLDER))), ...generatedCases()]
/** Images that cases are built from: BuildKit pushes them under their name. */
const BASES = readCases(new URL('../parity/bases.txt', import.meta.url))
/** Of two cores; a build waits for disk and processes much of the time. */
const CONCURRENCY = 3

interface Built extends BuildOutcome {
  readonly archive: string
}

describe('an image', { skip: missingPeer || missingForBuilds() }, () => {
  const resources = new AsyncDisposableStack()
  const known = readKnownDifferences().map((difference) => ({ ...difference, seen: 0 }))
  let pelago: Pelago
  let network: CaseNetwork
  let buildkit: BuildkitPeer
  let judgements: KeptJudgements
  let compared = 0
  before(async () => {
    pelago = resources.use(await openPelago())
    network = resources.use(await startCaseNetwork())
    buildkit = resources.use(await startBuildkitPeer())
    await pushBaseImage(network.registry)
    judgements = createKeptJudgements([BASES, await createRegistryImages(network.registry).readDocument('busybox', 'latest')])
    for (const base of BASES) {
      const folder = await mkdtemp(join(pelago.folder, 'base-'))
      await writeCaseContext(folder, base, (text) => network.place(text))
      await buildkit.push(folder, `${network.registry}/${base.name}`)
    }
  })
  after(() => resources.disposeAsync())

  /** By a name of its own: a context of the same name would be taken for the same, and only what differs be sent. */
  const contextOf = (folder: string): string => join(folder, basename(folder))

  async function build(wanted: ParityCase, folder: string, builder: Builder, name: string): Promise<Built> {
    const [archive, context] = [join(folder, `${name}.tar`), contextOf(folder)]
    return { ...(await builder.build(context, { ...wanted, args: wanted.args.map((word) => network.place(word.replace('CONTEXT', context))) }, archive)), archive }
  }

  /** What is not built has nothing to compare but what was said. */
  const factsOf = async ({ isBuilt, said, archive }: Built): Promise<ImageFacts> => (isBuilt ? await readImageFacts(archive) : new Map([['built', `no: ${/^ERROR: (.*)$/m.exec(said)?.[1] ?? said}`]]))

  async function askBuildkit(wanted: ParityCase, folder: string): Promise<Judgement> {
    const { isBuilt, said, archive } = await build(wanted, folder, buildkit, 'buildkit')
    return { facts: isBuilt ? await readImageFacts(archive) : undefined, said }
  }

  async function compare(wanted: ParityCase): Promise<void> {
    const folder = await mkdtemp(join(pelago.folder, 'case-'))
    await writeCaseContext(contextOf(folder), wanted, (text) => network.place(text))
    const kept = await judgements.read(wanted)
    const [theirs, ours] = await Promise.all([kept ?? askBuildkit(wanted, folder), build(wanted, folder, createPelagoBuilder(pelago), 'pelago')])
    const judge = async (judgement: Judgement): Promise<void> => {
      await assertAgreed(wanted, judgement, ours)
      if (judgement !== kept) await judgements.keep(wanted, judgement)
    }
    await judge(theirs).catch(async (error: unknown) => {
      if (kept === undefined) throw error
      await judge(await askBuildkit(wanted, folder))
    })
  }

  async function assertAgreed(wanted: ParityCase, theirs: Judgement, ours: Built): Promise<void> {
    if (wanted.fails !== undefined) {
      assert.equal(theirs.facts, undefined, 'BuildKit builds it')
      assert.ok(!ours.isBuilt, `Pelago builds it; BuildKit said:\n${theirs.said}`)
      return void assert.ok(ours.said.includes(wanted.fails), `Pelago said:\n${ours.said}\nBuildKit said:\n${theirs.said}`)
    }
    assert.ok(theirs.facts !== undefined, `BuildKit does not build it:\n${theirs.said}`)
    const differences = compareFacts(theirs.facts, await factsOf(ours)).map((difference) => formatDifference(wanted.name, difference))
    const unknown = differences.filter((line) => {
      const matching = known.filter(({ matches }) => matches(line))
      for (const difference of matching) difference.seen += 1
      return matching.length === 0
    })
    assert.deepEqual(unknown, [], 'differences that docs/differences.md does not list')
  }

  describe("is BuildKit's:", { concurrency: CONCURRENCY }, () => {
    for (const wanted of CASES) {
      it(wanted.name, async (t) => {
        compared += 1
        if (isKnownSince(buildkit.dockerfileVersion, wanted.since)) await compare(wanted)
        else t.skip(`needs Dockerfile ${wanted.since}; this BuildKit knows ${buildkit.dockerfileVersion}`)
      })
    }
  })

  it('differs in all that docs/differences.md lists', (t) => {
    if (compared < CASES.length) return void t.skip('not all cases were compared')
    assert.deepEqual(known.filter(({ seen }) => seen === 0).map(({ line }) => line), [])
  })
})
