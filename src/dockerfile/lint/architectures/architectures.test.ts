import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { checkText, lintText, type LintOptions } from '../lintText.suite.ts'
import { LINT_RULES } from '../rules.ts'

const BOTH: LintOptions = { platforms: ['linux/amd64', 'linux/arm64'] }
const EXPERIMENTAL: LintOptions = { ...BOTH, buildArgs: new Map([['BUILDKIT_DOCKERFILE_CHECK', 'experimental=UnpinnedBaseImage']]) }

describe('the examples of docs/checks.md', () => {
  const page = readFileSync(new URL('../../../../docs/checks.md', import.meta.url), 'utf8')
  const sections = new Map(page.split(/^### /m).slice(1).map((section) => [section.split('\n', 1)[0] ?? '', section]))
  const own = LINT_RULES.filter(({ url }) => url?.startsWith('docs/') === true)
  it('are there for each rule of our own', () => assert.deepEqual([...sections.keys()].sort(), own.map(({ name }) => name).sort()))
  it('are where the warnings say', () => {
    for (const { name, url } of own) assert.equal(url, `docs/checks.md#${name.toLowerCase()}`)
  })
  it('come with the names of all others', () => {
    for (const { name } of LINT_RULES) assert.match(page, new RegExp(`\\b${name}\\b`))
  })
  for (const [name, section] of sections) {
    const examples = [...section.matchAll(/^```dockerfile (bad|good)\n([^]*?)^```$/gm)].map(([, kind = '', text = '']) => ({ kind, text }))
    it(`show what ${name} finds, and what it does not`, () => assert.deepEqual([...new Set(examples.map(({ kind }) => kind))].sort(), ['bad', 'good']))
    for (const [index, { kind, text }] of examples.entries()) {
      it(`are ${kind} by ${name}: ${index + 1}`, async () => {
        const { warnings, error } = await checkText(text, EXPERIMENTAL)
        assert.equal(error === undefined || name === 'PlatformSpecificDigest', true, String(error))
        const found = [...new Set(warnings.map(({ rule }) => rule))].filter((rule) => rule !== 'InvalidBaseImagePlatform')
        assert.deepEqual(found, kind === 'bad' ? [name] : [])
      })
    }
  }
})

interface Case {
  readonly text: string
  readonly want: readonly string[]
  readonly options?: LintOptions
}

describe('the rules for many architectures', () => {
  const cases: readonly Case[] = [
    { text: 'FROM a:1\nADD https://x.io/tool_x86_64.tar.gz /', want: ['HardcodedArchInDownload:2'] },
    { text: 'FROM a:1\nRUN curl -L "https://x.io/tool-aarch64.tgz" | tar x', want: ['HardcodedArchInDownload:2'] },
    { text: 'FROM a:1\nRUN <<EOF\nset -e\ncurl https://x.io/tool-amd64\nEOF', want: ['HardcodedArchInDownload:2-5'] },
    { text: 'FROM a:1\nRUN curl https://x.io/tool-amd64', want: [], options: { platforms: ['linux/amd64'] } },
    { text: 'FROM a:1\nRUN curl https://x.io/tool-amd64', want: ['HardcodedArchInDownload:2'], options: { platforms: ['linux/arm64'] } },
    { text: 'FROM a:1\nRUN curl https://x.io/$V/tool-amd64 \\\n  && echo', want: ['HardcodedArchInDownload:2-3'] },
    { text: 'FROM a:1\nENV GOARCH=arm64\nRUN go vet', want: ['HardcodedTargetArch:2'] },
    { text: 'FROM --platform=$BUILDPLATFORM a:1 AS b\nRUN cargo build --release --target x86_64-unknown-linux-musl\nFROM a:1\nCOPY --from=b / /', want: ['HardcodedTargetArch:2'] },
    { text: 'FROM --platform=$BUILDPLATFORM a:1 AS b\nRUN dotnet publish -r linux-x64\nRUN zig build -Dtarget=x86_64-linux\nFROM a:1\nCOPY --from=b / /', want: ['HardcodedTargetArch:2', 'HardcodedTargetArch:3'] },
    { text: 'FROM --platform=$BUILDPLATFORM a:1 AS b\nRUN GOARCH=amd64 go build -o a && GOARCH=arm64 go build -o b\nFROM a:1\nCOPY --from=b / /', want: [] },
    { text: 'FROM a:1\nRUN echo "${TARGETPLATFORM}"', want: ['UndeclaredTargetArg:2'] },
    { text: "FROM a:1\nRUN echo '$TARGETARCH' \\$TARGETARCH ${TARGETARCH:-x}", want: ['UndeclaredTargetArg:2'] },
    { text: "FROM a:1\nRUN echo '$TARGETARCH' ${TARGETARCH:-x}; TARGETOS=a; echo $TARGETOS", want: [] },
    { text: 'ARG TARGETARCH\nFROM a:1\nRUN echo $TARGETARCH', want: ['UndeclaredTargetArg:3'], options: { platforms: ['linux/amd64'] } },
    { text: 'FROM a:1\nARG TARGETVARIANT\nRUN echo $TARGETVARIANT', want: [] },
    { text: 'FROM --platform=$BUILDPLATFORM a:1 AS b\nRUN GOARCH=$(uname -m) go build\nFROM a:1\nCOPY --from=b / /', want: ['ArchProbeOnBuildPlatform:2'] },
    { text: 'FROM a:1\nRUN curl https://x.io/$(uname -m)', want: [] },
    { text: 'FROM a:1\nRUN apt-get install -y libc6:i386', want: ['SingleArchPackage:2'] },
    { text: 'FROM a:1\nRUN dpkg --add-architecture i386 && apt-get install -y libc6:i386', want: [], options: { platforms: ['linux/amd64'] } },
    { text: 'FROM a:1\nRUN dnf install -y glibc.x86_64 && rpm -i ./x-1.0.x86_64.rpm', want: ['SingleArchPackage:2', 'SingleArchPackage:2'] },
    { text: 'FROM a:1\nRUN apk add --arch x86_64 curl', want: ['SingleArchPackage:2'] },
    { text: 'FROM a:1\nRUN --mount=type=cache,id=x,target=/c a', want: ['SharedCacheMount:2'] },
    { text: 'FROM a:1\nRUN --mount=type=cache,id=x,target=/c a', want: [], options: { platforms: ['linux/arm64'] } },
    { text: 'FROM a:1\nRUN --mount=type=cache,target=/c --mount=type=cache,id=n,target=/root/.npm a', want: [] },
    { text: 'FROM --platform=$BUILDPLATFORM a:1 AS b\nRUN --mount=type=cache,id=x,target=/c a\nFROM a:1\nCOPY --from=b / /', want: [] },
    { text: 'FROM a:1\nRUN --mount=type=cache,id=$NOT_SET,target=/c a', want: ['UndefinedVar:2', 'SharedCacheMount:2'] },
    { text: 'FROM rust:1 AS b\nRUN cargo build --release\nRUN cargo install x\nFROM a:1\nCOPY --from=b / /', want: ['EmulatedCompiler:2'] },
    { text: 'FROM golang:1\nRUN CGO_ENABLED=1 go build', want: [] },
    { text: 'FROM golang:1\nENV CGO_ENABLED=1\nRUN go build', want: [] },
    { text: 'FROM golang:1\nRUN go build', want: [], options: { platforms: ['linux/amd64', 'linux/386'] } },
    { text: 'FROM node:20 AS b\nRUN npm ci && npm run build\nFROM nginx:1\nCOPY --from=b /dist /x', want: ['EmulatedCompiler:2'] },
    { text: 'FROM node:20\nRUN npm ci && npm run build', want: [] },
    { text: 'FROM node:20 AS b\nRUN yarn build\nFROM node:20-slim\nCOPY --from=b /app /app', want: [] },
    { text: 'FROM gcr.io/x/node AS base\nFROM base AS b\nRUN yarn build\nFROM base\nCOPY --from=b /app /app', want: [] },
    { text: 'FROM golang:1\nRUN go install x.io/tool@v1', want: [] },
    { text: 'FROM maven:3 AS b\nRUN ["sh", "-c", "mvn -q package"]\nFROM a:1\nCOPY --from=b / /', want: ['EmulatedCompiler:2'] },
    { text: 'FROM --platform=$BUILDPLATFORM a:1 AS b\nRUN x\nFROM b', want: ['BuildPlatformResult:1'] },
    { text: 'FROM --platform=$BUILDPLATFORM a:1 AS b\nRUN x', want: [], options: { ...BOTH, target: 'b' } },
    { text: 'FROM --platform=$BUILDPLATFORM scratch\nCOPY a /', want: [] },
  ]
  for (const { text, want, options } of cases) {
    it(`find ${want.join(', ') || 'nothing'} in ${JSON.stringify(text)}${options === undefined ? '' : ` for ${(options.platforms ?? []).join(', ')}`}`, async () => assert.deepEqual(await lintText(text, options ?? BOTH), want))
  }
  it('tell the edit that mends it', async () => {
    const { warnings } = await checkText('FROM golang:1.22 AS build\nRUN go build -o /app\nFROM a:1\nCOPY --from=build /app /', BOTH)
    assert.deepEqual(warnings.map(({ message }) => message), [
      "go build is emulated for platforms that are not this machine's, which takes many times as long: write FROM --platform=$BUILDPLATFORM golang:1.22 AS build, ARG TARGETOS TARGETARCH, and RUN GOOS=$TARGETOS GOARCH=$TARGETARCH go build",
    ])
  })
  it('keep a login and a query to themselves', async () => {
    const { warnings } = await checkText('FROM a:1\nRUN curl https://me:s3cret@x.io/a/b/tool-amd64?token=s3cret', BOTH)
    assert.match(warnings[0]?.message ?? '', /^https:\/\/x\.io\/…\/tool-amd64 is for amd64/)
  })
})
