import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { ContextView } from './edits/editSubject.ts'
import { planText, type PlannedText } from './planText.suite.ts'

const FOUR = ['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/s390x']

/** A folder with these files, and folders of so many bytes. */
function folder(files: Readonly<Record<string, string>>, folders: Readonly<Record<string, number>> = {}): ContextView {
  const texts = new Map(Object.entries(files))
  const sizes = new Map(Object.entries(folders))
  return { text: (path) => texts.get(path), sizeBytes: (path) => texts.get(path)?.length, bytesUnder: (name) => sizes.get(name) ?? 0 }
}

const NODE = { 'package.json': '{"scripts":{"build":"vite build"}}', 'package-lock.json': '{}' }

interface Case extends Partial<PlannedText> {
  readonly name: string
  readonly text: string
  /** `id:line` */
  readonly finds: readonly string[]
}

const CASES: readonly Case[] = [
  { name: 'a compiler that is emulated', text: 'FROM golang AS b\nCOPY . /s\nRUN go build -o /app\nFROM scratch\nCOPY --from=b /app /app', platforms: FOUR, finds: ['EmulatedCompiler:3'] },
  { name: 'nothing of a compiler for this machine alone', text: 'FROM golang AS b\nCOPY . /s\nRUN go build -o /app\nFROM scratch\nCOPY --from=b /app /app', platforms: ['linux/amd64'], finds: [] },
  { name: 'a final stage that is always of one platform', text: 'FROM --platform=linux/amd64 alpine\nRUN make', platforms: FOUR, finds: ['FromPlatformFlagConstDisallowed:1'] },
  { name: 'nothing of a constant that is what is built for', text: 'FROM --platform=linux/amd64 alpine\nRUN make', platforms: ['linux/amd64'], finds: [] },
  { name: 'the emulated step that takes longest', text: 'FROM debian\nRUN ./configure\nRUN make', times: new Map([[2, [1000, 12_000]], [3, [2000, 40_000]]]), platforms: FOUR, finds: ['slow-emulation:3'] },
  { name: 'nothing of a short emulated step', text: 'FROM debian\nRUN make', times: new Map([[2, [100, 2_000]]]), platforms: FOUR, finds: [] },
  { name: 'COPY . . before npm ci', text: 'FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci', context: folder(NODE), finds: ['copy-before-install:3'] },
  { name: 'COPY . . before pip install -r', text: 'FROM python\nWORKDIR /app\nCOPY . /app\nRUN pip install --no-cache-dir -r requirements.txt', context: folder({ 'requirements.txt': 'flask\n' }), finds: ['copy-before-install:3'] },
  { name: 'COPY . . before go mod download', text: 'FROM golang\nWORKDIR /s\nCOPY . .\nRUN go mod download', context: folder({ 'go.mod': 'module x\n', 'go.sum': '' }), finds: ['copy-before-install:3'] },
  { name: 'nothing of a package whose own scripts run', text: 'FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci', context: folder({ 'package.json': '{"scripts":{"prepare":"tsc"}}' }), finds: [] },
  { name: 'nothing of a module that is in the folder', text: 'FROM golang\nWORKDIR /s\nCOPY . .\nRUN go mod download', context: folder({ 'go.mod': 'replace x => ../x\n' }), finds: [] },
  { name: 'nothing of requirements in the folder', text: 'FROM python\nWORKDIR /s\nCOPY . .\nRUN pip install -r r.txt', context: folder({ 'r.txt': '-e .\n' }), finds: [] },
  { name: 'nothing of an install that does more', text: 'FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci && npm run build', context: folder(NODE), finds: [] },
  { name: 'nothing of a folder that cannot be looked into', text: 'FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci', finds: [] },
  { name: 'nothing of the right order', text: 'FROM node\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\nCOPY . .', context: folder(NODE), finds: [] },
  { name: 'a cache for what took long', text: 'FROM rust\nRUN cargo build', times: new Map([[2, [30_000, 0]]]), finds: ['cache-mount:2'] },
  { name: 'no cache where there is one', text: 'FROM rust\nRUN --mount=type=cache,target=/usr/local/cargo/registry cargo build', times: new Map([[2, [30_000, 0]]]), finds: [] },
  { name: 'no cache for another user', text: 'FROM node\nUSER node\nRUN npm ci', times: new Map([[3, [30_000, 0]]]), finds: [] },
  { name: 'lists that stay', text: 'FROM debian\nRUN apt-get update && apt-get install -y curl', finds: ['apt-lists:2'] },
  { name: 'lists that stay below the target', text: 'FROM debian AS base\nRUN apt-get update && apt-get install -y curl\nFROM base\nCOPY a /', finds: ['apt-lists:2'] },
  { name: 'nothing of lists that are removed', text: 'FROM debian\nRUN apt-get update && apt-get install -y curl \\\n && rm -rf /var/lib/apt/lists/*', finds: [] },
  { name: 'nothing of lists in a mount', text: 'FROM debian\nRUN --mount=type=cache,target=/var/lib/apt/ apt-get update && apt-get install -y curl', finds: [] },
  { name: 'nothing of lists in another stage', text: 'FROM debian AS build\nRUN apt-get update && apt-get install -y curl\nFROM scratch\nCOPY --from=build /a /a', finds: [] },
  { name: 'a large .git', text: 'FROM busybox\nCOPY . /app', context: folder({}, { '.git': 5_000_000 }), finds: ['ignore-folder:2'] },
  { name: 'nothing of a .git that is used', text: 'FROM busybox\nCOPY . /app\nRUN git describe > /version', context: folder({}, { '.git': 5_000_000 }), finds: [] },
  { name: 'node_modules where the image gets its own', text: 'FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci', context: folder({ 'package.json': '{"workspaces":[]}' }, { node_modules: 90_000_000 }), finds: ['ignore-folder:3'] },
  { name: 'nothing of node_modules that are copied', text: 'FROM node\nCOPY . /app', context: folder({}, { node_modules: 90_000_000 }), finds: [] },
  { name: 'an archive that stays', text: 'FROM busybox\nCOPY data.tar.gz /tmp/\nRUN tar xzf /tmp/data.tar.gz && rm /tmp/data.tar.gz', context: folder({ 'data.tar.gz': 'x'.repeat(99) }), finds: ['kept-archive:2'] },
  { name: 'a downloaded archive that stays', text: 'FROM busybox\nADD https://example.com/data.tar.gz /tmp/\nRUN tar xzf /tmp/data.tar.gz', finds: ['kept-archive:2'] },
  { name: 'nothing of an archive that ADD unpacks', text: 'FROM busybox\nADD data.tar.gz /data/\nRUN ls /data', finds: [] },
]

describe('edits', () => {
  for (const { name, text, finds, ...known } of CASES) {
    it(`find ${name}`, async () => {
      const { edits } = await planText({ platforms: ['linux/amd64'], ...known, text })
      assert.deepEqual(edits.map(({ id, lines }) => `${id}:${lines.startLine}`).toSorted(), finds.toSorted())
    })
  }
  it('say what they save where that is known', async () => {
    const text = 'FROM golang AS b\nCOPY . /s\nRUN go build -o /app\nFROM scratch\nCOPY --from=b /app /app'
    const { edits: [edit] } = await planText({ text, platforms: FOUR, times: new Map([[3, [2_000, 20_000]]]) })
    assert.equal(edit?.savesMs, 3 * 18_000)
    const { edits: [archive] } = await planText({ text: 'FROM busybox\nCOPY a.tgz /\nRUN tar xf /a.tgz', platforms: ['linux/amd64'], context: folder({ 'a.tgz': 'x'.repeat(99) }) })
    assert.deepEqual([archive?.savesBytes, archive?.instead], [99, 'ADD a.tgz FOLDER'])
  })
  it('write the lines that could stand there', async () => {
    const { edits: [edit] } = await planText({ text: 'FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci', platforms: ['linux/amd64'], context: folder(NODE), times: new Map([[4, [9_000, 0]]]) })
    assert.deepEqual([edit?.instead, edit?.savesMs], ['COPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .', 9_000])
  })
})

describe('a good Dockerfile', () => {
  const good = new URL('../../dockerfile/lint/testdata/good/', import.meta.url)
  for (const name of readdirSync(good)) {
    for (const platforms of [['linux/amd64'], ['linux/arm64'], FOUR]) {
      it(`is given no advice: ${name} for ${platforms.join(', ')}`, async () => {
        const { edits } = await planText({ text: readFileSync(new URL(name, good), 'utf8'), platforms, context: folder({ ...NODE, 'go.mod': '', 'requirements.txt': 'flask' }) })
        assert.deepEqual(edits, [])
      })
    }
  }
})
