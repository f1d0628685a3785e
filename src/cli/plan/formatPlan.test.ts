import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { planText, type PlannedText } from '../../engine/plan/planText.suite.ts'
import { assertGolden } from '../render/golden.suite.ts'
import { formatPlan } from './formatPlan.ts'
import { parsePlan } from './parsePlan.ts'

const APP = [
  'FROM --platform=$BUILDPLATFORM golang:1.22 AS build',
  'WORKDIR /src',
  'COPY go.mod go.sum ./',
  'RUN go mod download',
  'COPY . .',
  'ARG TARGETARCH',
  'RUN GOARCH=$TARGETARCH go build -o /out/app .',
  '',
  'FROM debian:12 AS debug',
  'RUN apt-get update',
  '',
  'FROM debian:12-slim',
  'RUN --mount=type=cache,target=/var/lib/apt \\',
  '    apt-get install -y \\',
  '    ca-certificates',
  'COPY --link --from=build /out/app /app',
  'ENTRYPOINT ["/app"]',
].join('\n')

const CASES: readonly (PlannedText & { readonly name: string })[] = [
  { name: 'new', text: APP, platforms: ['linux/amd64', 'linux/arm64', 'linux/arm/v7'] },
  { name: 'changed', text: APP, platforms: ['linux/amd64', 'linux/arm64'], cached: [1, 2, 3, 4, 12, 13], times: new Map([[7, [4_200, 0]], [13, [9_000, 61_000]]]) },
  { name: 'one-platform', text: APP, platforms: ['linux/amd64'], cached: [1, 2, 3, 4, 5, 7, 12, 13, 16] },
  { name: 'missing', text: 'FROM alpine AS a\nRUN true\nFROM missing:1\nCOPY --from=lone:2 /x /\nCOPY --from=a /y /\n', platforms: ['linux/amd64', 'linux/arm64'] },
  { name: 'emulated-compiler', text: 'FROM golang AS build\nCOPY . /src\nRUN go build -o /app\nFROM debian\nRUN apt-get update && apt-get install -y curl\nCOPY --from=build /app /app\n', platforms: ['linux/amd64', 'linux/s390x'], cached: [1, 4], times: new Map([[3, [3_000, 95_000]], [5, [12_000, 30_000]]]) },
  { name: 'accelerated', text: 'FROM golang AS build\nRUN make\nFROM scratch\nCOPY --from=build / /\nRUN test', platforms: ['linux/amd64', 'linux/s390x'], accelerate: { mode: 'tools', hasToolchain: false }, times: new Map([[2, [3_000, 40_000]]]), saves: new Map([[2, 55_000]]) },
  { name: 'could-be-accelerated', text: 'FROM golang\nRUN make', platforms: ['linux/s390x'], times: new Map([[2, [3_000, 95_000]]]), saves: new Map([[2, 55_000]]) },
]

describe('a plan as text', () => {
  for (const { name, ...planned } of CASES) {
    it(`is drawn: ${name}`, async () => assertGolden(`${name}.txt`, formatPlan(await planText(planned), (_, text) => text), import.meta.dirname))
  }
  it('draws nothing but itself, whatever a Dockerfile has in it', async () => {
    const drawn = formatPlan(await planText({ text: 'FROM busybox\nRUN echo \u001b[31m\u0007\n', platforms: ['linux/amd64'] }), (_, text) => text)
    assert.doesNotMatch(drawn, /[\u0000-\u0009\u000b-\u001f]/)
  })
  it('comes through JSON as it was', async () => {
    const plan = await planText({ text: APP, platforms: ['linux/amd64', 'linux/arm64'], cached: [1], times: new Map([[7, [1, 2]]]) })
    assert.equal(formatPlan(parsePlan(JSON.stringify(plan)), (_, text) => text), formatPlan(plan, (_, text) => text))
    assert.throws(() => parsePlan('{"version":2}'), /another version/)
  })
  it('of an engine that is older than native twins has none', async () => {
    const { accelerate: _, ...older } = await planText({ text: APP, platforms: ['linux/amd64'] })
    assert.deepEqual(parsePlan(JSON.stringify(older)).accelerate, { mode: 'off', steps: 0, missing: [] })
  })
})
