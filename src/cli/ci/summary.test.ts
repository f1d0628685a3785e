import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../../ground/digest.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import type { ProgressEvent } from '../../progress/progressEvent.ts'
import { assertGolden } from '../render/golden.suite.ts'
import { scriptedBuild } from '../render/scriptedBuild.suite.ts'
import { createTraceFold, type Trace } from '../render/trace.ts'
import { formatErrorAnnotation, formatWarningAnnotations } from './annotations.ts'
import { formatSummaryMarkdown } from './summary.ts'

const source = { filename: 'app.Dockerfile', text: 'FROM a AS Build\nRUN false\n' }
const warning = (message: string): ProgressEvent & { readonly kind: 'warning' } => ({ kind: 'warning', vertex: undefined, at: 0, message, detail: ['why'], url: undefined, span: { source, startLine: 1, endLine: 1 } })

function traceOf(events: readonly ProgressEvent[]): Trace {
  const fold = createTraceFold()
  events.forEach(fold.apply)
  return fold.trace
}

describe('the summary', () => {
  const platforms = [
    { platform: 'linux/amd64', digest: digestOf('amd64'), sizeBytes: 1_060_000 },
    { platform: 'linux/arm64', digest: digestOf('arm64'), sizeBytes: 1_200_000 },
  ]
  it('tells of an image by platform', () => {
    const trace = traceOf([...scriptedBuild('succeeds'), warning('StageNameCasing: Stage name <b>Build</b> | `x`')])
    assertGolden('built.md', formatSummaryMarkdown({ kind: 'built', images: [{ title: 'localhost:5000/a:1', digest: digestOf('index'), platforms }] }, trace), import.meta.dirname)
  })
  it('tells why a build failed', () => {
    const error = Object.assign(new InvalidValueError('process "make" did not complete: exit code: 2', { hint: 'look at ```it```' }), { span: { source, startLine: 2, endLine: 2 } })
    assertGolden('failed.md', formatSummaryMarkdown({ kind: 'failed', title: 'a`b', error }, traceOf(scriptedBuild('fails'))), import.meta.dirname)
  })
  it('has its bounds', () => {
    const trace = traceOf(Array.from({ length: 5_000 }, (_, index) => warning(`A: ${index} ${'x'.repeat(10_000)}`)))
    assert.ok(formatSummaryMarkdown({ kind: 'built', images: [] }, trace).length < 50_000)
  })
})

describe('annotations', () => {
  const pathOf = (filename: string): string => `sub/${filename}`
  it('stand at the lines of warnings', () => {
    assert.deepEqual(formatWarningAnnotations([warning('StageNameCasing: Build (line 1)')], pathOf), ['::warning file=sub/app.Dockerfile,line=1,endLine=1,title=StageNameCasing::StageNameCasing: Build (line 1)%0Awhy'])
  })
  it('name no file where there is none', () => {
    assert.equal(formatErrorAnnotation(new Error('a\nb'), () => undefined), '::error title=Pelago::a%0Ab')
  })
  it('are as many as the runner shows', () => {
    assert.equal(formatWarningAnnotations(Array.from({ length: 99 }, () => warning('A: b')), pathOf).length, 10)
  })
})
