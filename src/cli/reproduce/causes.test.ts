import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LocatedDifference } from '../../image/difference/imageDifference.ts'
import type { FileAspect, FileFacts } from '../../image/difference/layerDifference.ts'
import { causeOf, causesOf } from './causes.ts'
import { formatDifferences } from './formatDifferences.ts'

const FACTS: FileFacts = { kind: 'file', mode: 0o644, uid: 0, gid: 0, sizeBytes: 1, mtimeNs: 1_600_000_000_123_000_000n, linkTarget: '', device: '', xattrs: new Map(), content: '' }

function changed(path: string, aspects: readonly FileAspect[], head?: string): LocatedDifference {
  const second = { ...FACTS, mode: 0o755, mtimeNs: 1_600_000_001_000_000_000n }
  return { difference: { kind: 'changed', path, aspects, first: FACTS, second }, content: head === undefined ? undefined : { offset: 4, first: '0a', second: '', head } }
}

describe('causeOf', () => {
  const cases: readonly { readonly name: string; readonly file: LocatedDifference; readonly remedy: RegExp }[] = [
    { name: 'times alone', file: changed('/var/log/x', ['mtime']), remedy: /rewrite-timestamp/ },
    { name: 'ldconfig', file: changed('/var/cache/ldconfig/aux-cache', ['content', 'mtime']), remedy: /rm -f .*aux-cache/ },
    { name: 'logs of apt', file: changed('/var/log/apt/history.log', ['content']), remedy: /find \/var\/log/ },
    { name: 'compiled Python', file: changed('/usr/lib/python3/__pycache__/a.cpython-313.pyc', ['content']), remedy: /unchecked-hash/ },
    { name: 'a gzip header', file: changed('/data.bin', ['content'], '1f8b0800'), remedy: /gzip -n/ },
    { name: 'a program', file: changed('/app', ['content'], '7f454c4602'), remedy: /build-id/ },
    { name: 'a jar', file: changed('/app.jar', ['content'], '504b0304'), remedy: /strip-nondeterminism/ },
    { name: 'a machine id', file: changed('/etc/machine-id', ['content'], '61'), remedy: /: > \/etc\/machine-id/ },
    { name: 'anything else', file: changed('/etc/build', ['content'], '61'), remedy: /above/ },
  ]
  for (const { name, file, remedy } of cases) it(`knows what to do about ${name}`, () => assert.match(causeOf(file).remedy, remedy))
})

describe('formatDifferences', () => {
  const platform = {
    platform: 'linux/amd64',
    missingIn: undefined,
    config: [{ field: 'created', first: '"a"', second: undefined }],
    manifest: [],
    layerCounts: [3, 3],
    equalLayers: 2,
    layers: [{ index: 1, missingIn: undefined, step: 'RUN make', fileCount: 12, counts: { onlyFirst: 0, onlySecond: 0, changed: 12, timeAlone: 11 }, files: [changed('/app', ['content', 'mode', 'mtime'], '7f454c46'), changed('/b\u001b[31m', ['mtime'])] }],
  } as const
  it('tells all, and each cause once', () => {
    assert.equal(
      formatDifferences([platform, { ...platform, platform: 'linux/arm64', missingIn: 'first', config: [], layers: [] }], ['first build', 'second build']),
      [
        'linux/amd64: differs',
        '  config created: "a" | none',
        '  layer 2, of RUN make: 12 files differ',
        '    /app: content at byte 4 ("\\n" | end), mode 0644 | 0755, mtime 2020-09-13T12:26:40.123Z | 2020-09-13T12:26:41Z',
        '    /b: mtime 2020-09-13T12:26:40.123Z | 2020-09-13T12:26:41Z',
        '    and 10 more',
        'linux/arm64: only in the second build',
        'likely why, and what to do:',
        '  the image has the time of its build',
        '    set SOURCE_DATE_EPOCH',
        '  programs hold build ids, paths, and what __DATE__ says (1 file)',
        '    ARG SOURCE_DATE_EPOCH before the compiler; -ffile-prefix-map, -Wl,--build-id=none; go build -trimpath',
        '  files have the time at which they were written (1 file)',
        '    set SOURCE_DATE_EPOCH, and add -o type=…,rewrite-timestamp=true',
        '',
      ].join('\n'),
    )
  })
  it('counts the files of a cause', () => assert.deepEqual(causesOf([platform]).map(({ fileCount }) => fileCount), [0, 1, 1]))
})
