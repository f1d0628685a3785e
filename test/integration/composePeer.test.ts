import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import { caseFiles, caseOptions, type ComposeCase } from '../../src/cli/compose/composeCases.suite.ts'
import { formatConfig } from '../../src/cli/compose/configText.ts'
import { createDiskProjectFiles } from '../../src/cli/compose/diskProjectFiles.ts'
import { BuildError } from '../../src/ground/errors.ts'
import { loadProject } from '../../src/project/compose/loadProject.ts'
import { peerPlugin } from '../support/peers/buildx.ts'
import { runCommand, writeContext } from '../support/pelago.ts'

/*
 * Every case of the Compose files, read by the real Docker Compose: what is no error is the same data, and what is one is
 * one there, too. Which cases are otherwise, and why, they say themselves.
 */
const compose = peerPlugin('docker-compose')
const HOME = '/home/user'
/** As many as there are processors on the smallest machine, and one that waits. */
const AT_ONCE = 3

describe('Compose files, read by Docker Compose', { skip: compose === undefined && 'not fetched by scripts/peers: docker-compose', concurrency: AT_ONCE }, () => {
  for (const { name, cases } of caseFiles()) {
    for (const one of cases.filter(({ differs }) => differs === undefined)) {
      it(`${name}: ${one.name}`, async () => {
        const folder = await mkdtemp(join(tmpdir(), 'pelago-compose-'))
        try {
          await compare(one, join(folder, 'project'))
        } finally {
          await rm(folder, { recursive: true, force: true })
        }
      })
    }
  }
})

async function compare(one: ComposeCase, folder: string): Promise<void> {
  await mkdir(folder)
  await writeContext(folder, Object.fromEntries([...one.files].filter(([path]) => path !== 'stdin')))
  const theirs = await configOfDocker(one, folder)
  const ours = await configOfPelago(one, folder)
  assert.equal(ours.error === undefined, theirs.error === undefined, `Docker Compose: ${theirs.error ?? 'fine'}\nPelago: ${ours.error ?? 'fine'}`)
  assert.deepEqual(parse(ours.text), parse(theirs.text))
}

interface Config {
  readonly text: string
  readonly error: string | undefined
}

async function configOfDocker({ files, args, services, env }: ComposeCase, cwd: string): Promise<Config> {
  const argv = [...(compose ?? []), ...args, 'config', ...services]
  const { exitCode, stdout, stderr } = await runCommand(argv, { cwd, env: { HOME, PATH: process.env['PATH'] ?? '', ...env }, input: files.get('stdin') ?? '' })
  return exitCode === 0 ? { text: stdout, error: undefined } : { text: '', error: stderr }
}

async function configOfPelago(one: ComposeCase, folder: string): Promise<Config> {
  const env = { HOME, ...one.env }
  const files = createDiskProjectFiles({ env, openStdin: () => Readable.from([one.files.get('stdin') ?? '']) })
  try {
    const project = await loadProject(caseOptions(one, folder), { files, warn: () => undefined }, new AbortController().signal)
    return { text: formatConfig(project, 'yaml', false), error: undefined }
  } catch (error) {
    if (error instanceof BuildError) return { text: '', error: error.message }
    throw error
  }
}
