import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { BuildHistoryRecordSchema } from '../../api/gen/control_pb.ts'
import { formatBuildFilters } from './buildFilters.ts'
import { nameBuild, readPastBuild } from './pastBuild.ts'
import { chooseBuild } from './queryBuilds.ts'

describe('nameBuild', () => {
  for (const { name, attributes, want } of [
    { name: 'the folder', attributes: { 'pelago.context': '/src/app', 'pelago.dockerfile': '/src/app/Dockerfile' }, want: 'app' },
    { name: 'a Dockerfile of another name in it', attributes: { 'pelago.context': '/src/app', 'pelago.dockerfile': '/src/app/docker/Web' }, want: 'app/docker/Web' },
    { name: 'the target', attributes: { 'pelago.context': '/src/app', target: 'test' }, want: 'app (test)' },
    { name: 'a repository', attributes: { context: 'https://example.com/app.git#main', filename: 'Dockerfile' }, want: 'https://example.com/app.git#main' },
    { name: 'what buildx tells of one', attributes: { 'vcs:source': 'https://example.com/app.git' }, want: 'https://example.com/app.git' },
    { name: 'the name that it was given', attributes: { 'build-arg:BUILDKIT_BUILD_NAME': 'nightly', target: 'a' }, want: 'nightly' },
    { name: 'nothing', attributes: {}, want: '' },
  ]) {
    it(`calls a build by ${name}`, () => assert.equal(nameBuild(new Map(Object.entries(attributes))), want))
  }
})

describe('chooseBuild', () => {
  const builds = ['cc1', 'cc2', 'cc', 'aa'].map((Ref) => readPastBuild(create(BuildHistoryRecordSchema, { Ref })))
  for (const { text, want } of [
    { text: '', want: 'cc1' },
    { text: '^0', want: 'cc1' },
    { text: '^3', want: 'aa' },
    { text: 'a', want: 'aa' },
    { text: 'cc', want: 'cc' },
  ]) {
    it(`finds ${JSON.stringify(text)}`, () => assert.equal(chooseBuild(builds, text).ref, want))
  }

  for (const { text, error } of [
    { text: 'c', error: { name: 'UsageError', message: 'several builds begin with c' } },
    { text: '^4', error: { name: 'BuildMissingError' } },
    { text: '^x', error: { name: 'UsageError', message: 'invalid build: "^x"' } },
    { text: 'zz', error: { name: 'BuildMissingError', message: 'no such build: zz' } },
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => chooseBuild(builds, text), error))
  }
})

describe('formatBuildFilters', () => {
  it('says all of them in the words of the engine', () => {
    assert.deepEqual(formatBuildFilters([]), [])
    assert.deepEqual(formatBuildFilters(['status=error', 'ref=a.b', 'repository!=x', 'duration>30s', 'ref=a,b']), ['status==error,ref~=a\\.b,repository!=x,duration>30s,"ref~=a,b"'])
  })

  for (const text of ['status', 'status>error', 'duration=1s', 'color=red']) {
    it(`refuses ${text}`, () => assert.throws(() => formatBuildFilters([text]), { name: 'UsageError' }))
  }
})
