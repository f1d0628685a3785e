import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { findCommand } from '../../src/cli/commandTable.ts'
import { parseFlags } from '../../src/cli/flags/flags.ts'
import { missingForBuilds, pushBaseImage } from '../support/images/baseImage.ts'
import { REGISTRY_LOGIN, startDockerRegistry, type DockerRegistry } from '../support/registry/dockerRegistry.ts'
import { openPelago, runCommand, type Pelago } from '../support/pelago.ts'

/*
 * What stands in the documents is done: block by block, in a folder of the page's own. The words behind the fence say
 * what a block is:
 *
 *   sh                   is run; a `text` block right under it has lines that it prints, with … for what differs
 *   sh not run: REASON   is only checked to name commands and flags that there are
 *   LANGUAGE PATH        is the content of a file
 *
 * localhost:5000 is a registry with a busybox for `FROM busybox`, registry.example.com one that asks for a login.
 */
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PAGES = ['README.md', ...readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)]

interface Block {
  readonly info: string
  readonly text: string
  readonly line: number
  /** Whether no line stands between it and the block before. */
  readonly isAdjacent: boolean
}

function readBlocks(page: string): readonly Block[] {
  const text = readFileSync(join(ROOT, page), 'utf8')
  return [...text.matchAll(/^```(.+)\n([^]*?)^```$/gm)].map(({ 1: info = '', 2: body = '', index }) => {
    const before = text.slice(0, index)
    return { info, text: body, line: before.split('\n').length, isAdjacent: before.endsWith('\n```\n') }
  })
}

describe('the documents', { skip: missingForBuilds() }, () => {
  let open: DockerRegistry
  let closed: DockerRegistry
  before(async () => {
    open = await startDockerRegistry()
    closed = await startDockerRegistry({ asksForLogin: true })
    await pushBaseImage(`${open.host}/library`)
  })
  after(async () => {
    await open[Symbol.asyncDispose]()
    await closed[Symbol.asyncDispose]()
  })

  const place = (text: string): string => text.replaceAll('localhost:5000', open.host).replaceAll('registry.example.com', closed.host)

  async function openPage(): Promise<Pelago> {
    const pelago = await openPelago({ LOGIN: REGISTRY_LOGIN.username, PASSWORD: REGISTRY_LOGIN.password })
    await writePlaced(join(pelago.env['HOME'] ?? '', '.config/pelago/config.json'), '{ "registry-mirrors": ["http://localhost:5000"] }')
    return pelago
  }

  async function writePlaced(path: string, text: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, place(text))
  }

  /** What the block printed, both streams as one. */
  async function runBlock({ env }: Pelago, folder: string, { text }: Block): Promise<string> {
    const { exitCode, stdout } = await runCommand(['sh', '-euc', `exec 2>&1\n${place(text)}`], { cwd: folder, env: { ...env, PATH: `${join(ROOT, 'bin')}:${env['PATH'] ?? ''}` } })
    assert.equal(exitCode, 0, `${text}\nexited with ${exitCode}:\n${stdout}`)
    return stdout
  }

  for (const page of PAGES) {
    it(`say in ${page} what can be done as it stands there`, async () => {
      await using pelago = await openPage()
      const folder = await mkdtemp(join(pelago.folder, 'page-'))
      await symlink(join(ROOT, 'examples'), join(folder, 'examples'))
      let output = ''
      for (const block of readBlocks(page)) {
        const [language = '', path] = block.info.split(' ')
        if (block.info === 'sh') output = await runBlock(pelago, folder, block)
        else if (block.info === 'text' && block.isAdjacent) assertPrinted(output, place(block.text), `${page}:${block.line}`)
        else if (language !== 'sh' && path !== undefined) await writePlaced(resolve(folder, path.replace(/^~/, pelago.env['HOME'] ?? '')), block.text)
      }
    })
  }
})

/** The lines of `expected` come in this order, others between them. */
function assertPrinted(output: string, expected: string, where: string): void {
  const pattern = expected.trimEnd().split('\n').filter((line) => line !== '…').map((line) => `.*${line.split('…').map(escape).join('.*')}.*\n`)
  assert.match(output, new RegExp(pattern.join('(?:.*\\n)*?')), where)
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

describe('the commands of the documents', () => {
  const blocks = PAGES.flatMap((page) => readBlocks(page).map((block) => ({ page, block }))).filter(({ block }) => block.info.startsWith('sh'))
  for (const { page, block } of blocks) {
    it(`are run, or not for a reason: ${page}:${block.line} ${block.info}`, () => assert.match(block.info, /^sh(?: not run: .+)?$/))
    for (const words of callsOf(block.text)) checkCall(words, `${page}:${block.line}`)
  }
  for (const page of PAGES) {
    for (const { text, line } of readBlocks(page).filter(({ info }) => info.startsWith('yaml'))) {
      for (const words of callsOf(text.replace(/\$\{\{.*?\}\}/g, 'VALUE'))) checkCall(words, `${page}:${line}`)
    }
  }
})

function checkCall(words: readonly string[], where: string): void {
  it(`are there, and have the flags: ${where} pelago ${words.join(' ')}`, async () => {
    const found = findCommand(words.slice(words.findIndex((word) => !word.startsWith('-'))))
    assert.equal(found.kind, 'command')
    const { flags } = await found.entry.load()
    parseFlags(flags, found.rest, { commandName: found.words, stopsAtOperand: ['run', 'test'].includes(found.words) })
  })
}

/** The words behind each `pelago` of a block. */
function callsOf(text: string): readonly (readonly string[])[] {
  const lines = text.replace(/\\\n/g, ' ').replace(/ # .*$/gm, '').split(/\n|\||&&|;/)
  return lines.flatMap((line) => {
    const words = line.trim().split(/\s+/)
    const at = words.indexOf('pelago')
    return at < 0 ? [] : [words.slice(at + 1)]
  })
}
