import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { SCENARIOS } from '../scenarios/all.ts'
import { MEASURED } from '../results/testdata/measured.ts'
import { formatMarkdownTable, formatPerformance, replaceResults, unexplained } from './performancePage.ts'
import { drawRatios } from './ratioPlot.ts'

const FILES = { name: 'files', title: 'More files', about: 'Of many files.', isEmulated: false, growsBy: 'files', cases: () => [] }
const ALL = [...SCENARIOS.filter(({ name }) => name !== FILES.name), FILES]

describe('the page of results', () => {
  const text = formatPerformance(MEASURED, ALL)
  it('says what was measured, where, and by which versions', () => assert.match(text, /Measured on 2026-11-26 in 61\.0 s, on 2 cores \(A Processor\)[^]*- BuildKit of dockerd 28\.5\.2, buildx 0\.29\.1/))
  it('says of each scenario how much was done', () => assert.match(text, /`cached`\)\n.*\n\nMeasured at the small scale, 3 runs each\.\n[^]*`files`\)\n.*\n\nMeasured at the full scale, one run each\.\n/))
  it('says so where cases of one scenario were run a different number of times', () => {
    const [cached, ...others] = MEASURED.cases
    assert.ok(cached)
    const once = { ...cached, case: 'once', outcomes: cached.outcomes.filter(({ contestant }) => contestant === 'buildkit') }
    assert.match(formatPerformance({ ...MEASURED, cases: [cached, once, ...others] }, ALL), /Measured at the small scale, one run or 3 runs each\.\n/)
  })
  it('says first where another builder is ahead', () => assert.match(text, /ahead in 2 of 3 cases:\n\n- `files`, 10 files: 2\.00 times as long as BuildKit\n[^]*### /))
  it('says what failed, in a line', () => assert.match(text, /\n- Buildah, 10 files and 100 files: failed: Error: no space left <on> device\n/))
  it('has one table that fits its headings for each scenario, and one of growth', () => {
    const tables = text.split(/\n\n/).filter((part) => part.startsWith('|')).map((part) => new Set(part.trim().split('\n').map((line) => line.split(' | ').length)))
    assert.deepEqual(tables.map((widths) => widths.size), [1, 1, 1])
  })
  it('does not let a cell end its column', () => assert.equal(formatMarkdownTable(['a'], [['x|y']]), '| a |\n| --- |\n| x\\|y |\n'))

  it('takes only the place between its marks, any number of times', () => {
    const page = readFileSync(new URL('../../docs/performance.md', import.meta.url), 'utf8')
    const once = replaceResults(page, 'RESULTS\n')
    assert.match(once, /^# Performance\n[^]*from here -->\nRESULTS\n<!-- to here -->\n[^]*## Where another builder is ahead\n/)
    assert.equal(replaceResults(once, 'RESULTS'), once)
  })

  it('asks for a reason where another builder is ahead', () => {
    const page = '- `files`: not this one\n## Where another builder is ahead\n- `cached`: that one\n'
    assert.deepEqual(unexplained(page, MEASURED.cases), ['docs/performance.md does not say why another builder is ahead in files: add a line under "Where another builder is ahead"'])
    assert.deepEqual(unexplained(`${page}- \`files\`, all: since it reads each twice\n`, MEASURED.cases), [])
  })
})

describe('the plot of results', () => {
  const svg = drawRatios([{ scenario: 'files', case: 'a < b', scale: 'small', outcomes: MEASURED.cases[0]?.outcomes ?? [] }], ALL)
  const dots = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)" [^>]*><title>([^<]*)/g)].map(([, x, , title]) => ({ x: Number(x), title }))
  it('has a dot for each builder, the faster ones to the left', () => assert.deepEqual(dots.toSorted((a, b) => a.x - b.x).map(({ title }) => title), ['Pelago: 0.50', 'BuildKit: 1.00', 'Buildah: 4.00']))
  it('is to scale: half and double are equally far away', () => {
    const [half, one, four] = dots.map(({ x }) => x)
    assert.ok(Math.abs(((four ?? 0) - (one ?? 0)) / ((one ?? 0) - (half ?? 0)) - 2) < 0.01)
  })
  it('escapes what names hold', () => assert.match(svg, />files: a &#60; b</))
})
