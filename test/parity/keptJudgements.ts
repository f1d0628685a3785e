import { readdirSync, readFileSync, statSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { homedir, release } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { digestOf } from '../../src/ground/digest.ts'
import { writeFileAtomically } from '../../src/kit/files/atomicFile.ts'
import { PEER_ROOT } from '../support/peers/buildx.ts'
import type { ParityCase } from './caseFile.ts'
import type { ImageFacts } from './imageFacts.ts'

/*
 * What BuildKit makes of a case is the same until the case, BuildKit or the machine is another. To have it build them all
 * is two thirds of what the comparison computes, so what agreed is kept in `~/.cache/pelago-test/parity`, one file for each
 * case. A kept answer only lets a case pass: before one fails, BuildKit is asked anew.
 */

/** What BuildKit makes of a case. */
export interface Judgement {
  /** Undefined where it refuses the case. */
  readonly facts: ImageFacts | undefined
  /** All that it said. */
  readonly said: string
}

export interface KeptJudgements {
  /** Undefined where none is kept, or one of another case, BuildKit or kernel. */
  read(wanted: ParityCase): Promise<Judgement | undefined>
  /** In the place of what was kept of the case. */
  keep(wanted: ParityCase, judgement: Judgement): Promise<void>
}

/** @param beginnings what the images that cases begin with are made of: what is kept is of these only. */
export function createKeptJudgements(beginnings: unknown): KeptJudgements {
  const setting = digestOf(JSON.stringify([beginnings, describeBuildkit(), release(), ownSources()]))
  const folder = join(homedir(), '.cache/pelago-test/parity')
  const pathOf = ({ name }: ParityCase): string => join(folder, `${digestOf(name).slice(-16)}.json.gz`)
  const keyOf = (wanted: ParityCase): string => digestOf(JSON.stringify([setting, wanted]))
  return {
    async read(wanted) {
      const kept = await readKept(pathOf(wanted))
      return kept?.key === keyOf(wanted) ? { said: kept.said, facts: kept.facts && new Map(kept.facts) } : undefined
    },
    async keep(wanted, { said, facts }) {
      const kept: KeptJson = { key: keyOf(wanted), said, facts: facts && [...facts] }
      await mkdir(folder, { recursive: true })
      await writeFileAtomically(pathOf(wanted), gzipSync(JSON.stringify(kept)), { mode: 0o644, mayBeLost: true })
    },
  }
}

interface KeptJson {
  readonly key: string
  readonly said: string
  readonly facts: readonly (readonly [fact: string, text: string])[] | undefined
}

async function readKept(path: string): Promise<KeptJson | undefined> {
  try {
    return JSON.parse(gunzipSync(await readFile(path)).toString()) as KeptJson
  } catch {
    return undefined // none yet, or lost with the machine's power
  }
}

/** A package's files have the times of its version. */
function describeBuildkit(): readonly string[] {
  return ['usr/sbin/dockerd', 'usr/bin/containerd', 'usr/sbin/runc', 'usr/libexec/docker/cli-plugins/docker-buildx'].map((path) => {
    const { size, mtimeMs } = statSync(join(PEER_ROOT, path))
    return `${path} ${size} ${mtimeMs}`
  })
}

/** How cases are built and read. */
function ownSources(): readonly string[] {
  const folder = new URL('.', import.meta.url)
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts')).toSorted().map((name) => new URL(name, folder))
  return [...files, new URL('../../src/archive/tarReader.ts', import.meta.url)].map((file) => digestOf(readFileSync(file)))
}
