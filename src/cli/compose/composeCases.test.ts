import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { stringify } from 'yaml'
import { BuildError } from '../../ground/errors.ts'
import type { BuildTarget } from '../../project/buildTarget.ts'
import { ALL_STEPS, BUILD_STEPS, loadProject } from '../../project/compose/loadProject.ts'
import type { ProjectFiles } from '../../project/compose/projectFiles.ts'
import { toBuildTargets } from '../../project/compose/targets/toBuildTargets.ts'
import { caseFiles, caseOptions, type ComposeCase, type ExpectationKind, formatCase } from './composeCases.suite.ts'
import { formatConfig } from './configText.ts'

/*
 * What every case comes to. UPDATE_GOLDEN=1 writes the expectations anew; test/integration/composePeer.test.ts holds them
 * against the real Docker Compose.
 */
const FOLDER = '/project'

function memoryFiles({ files }: ComposeCase): ProjectFiles {
  return { home: '/home/user', readText: async (path) => files.get(path === '-' ? 'stdin' : path.replace(`${FOLDER}/`, '')) }
}

type Outcome = ReadonlyMap<ExpectationKind, string>

/** What is built, or the whole project; an error where there is one. */
async function outcomeOf(one: ComposeCase, wantsTargets: boolean): Promise<Outcome> {
  const warnings: string[] = []
  const load = async (): Promise<readonly (readonly [ExpectationKind, string])[]> => {
    const steps = wantsTargets ? BUILD_STEPS : ALL_STEPS
    const project = await loadProject(caseOptions(one, FOLDER), { files: memoryFiles(one), warn: (text) => warnings.push(text) }, new AbortController().signal, steps)
    return [wantsTargets ? ['targets', formatTargets(toBuildTargets(project))] : ['config', formatConfig(project, 'yaml', false)]]
  }
  const outcome = await load().catch((error: unknown): readonly (readonly [ExpectationKind, string])[] => {
    if (error instanceof BuildError) return [['error', `${error.message}\n${error.hint === undefined ? '' : `hint: ${error.hint}\n`}`]]
    throw error
  })
  const warned = warnings.length === 0 ? [] : ([['warnings', warnings.map((text) => `${text}\n`).join('')]] as const)
  return new Map([...outcome, ...warned].map(([kind, text]) => [kind, text.replaceAll(FOLDER, '$DIR')]))
}

/** Without what is said nowhere. */
function formatTargets(targets: readonly BuildTarget[]): string {
  const shown = targets.map((target) =>
    Object.fromEntries(
      Object.entries(target).flatMap(([key, value]: readonly [string, unknown]) => {
        const plain: unknown = value instanceof Map ? Object.fromEntries(value) : value
        const isEmpty = plain === undefined || plain === false || (typeof plain === 'object' && plain !== null && Object.keys(plain).length === 0)
        return isEmpty ? [] : [[key, plain]]
      }),
    ),
  )
  return stringify(shown, { lineWidth: 0 })
}

for (const { name, path, cases } of caseFiles()) {
  describe(`Compose files: ${name}`, () => {
    const written: ComposeCase[] = []
    for (const one of cases) {
      it(one.name, async () => {
        const outcome = await outcomeOf(one, name === 'build')
        written.push({ ...one, expected: outcome })
        if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, [...written, ...cases.slice(written.length)].map(formatCase).join(''))
        else assert.deepEqual(Object.fromEntries(outcome), Object.fromEntries(one.expected))
      })
    }
  })
}
