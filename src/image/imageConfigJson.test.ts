import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../ground/digest.ts'
import { EMPTY_CONTAINER_CONFIG, emptyImageConfig, type ImageConfig } from '../ground/oci/imageConfig.ts'
import { parsePlatform } from '../ground/platform.ts'
import { formatImageConfig, parseImageConfig } from './imageConfigJson.ts'

const FULL: ImageConfig = {
  platform: { ...parsePlatform('linux/arm/v7'), osVersion: '10' },
  osFeatures: ['f'],
  created: '2024-01-02T03:04:05.678901234Z',
  author: 'somebody',
  container: {
    user: '1000:1000',
    exposedPorts: ['53/udp', '80/tcp'],
    env: ['PATH=/bin', 'EMPTY='],
    entrypoint: ['/bin/sh', '-c'],
    cmd: ['echo "<&>"'],
    argsEscaped: true,
    volumes: ['/data'],
    workingDir: '/app',
    labels: new Map([['a', '1'], ['b', '2']]),
    stopSignal: 'SIGINT',
    healthcheck: { test: ['CMD', 'true'], intervalNs: 30_000_000_000, timeoutNs: 0, startPeriodNs: 1, startIntervalNs: 0, retries: 3 },
    onBuild: ['RUN true'],
    shell: ['/bin/bash', '-c'],
  },
  diffIds: [digestOf('layer')],
  history: [
    { created: '2024-01-01T00:00:00Z', createdBy: 'RUN true # buildkit', author: undefined, comment: 'buildkit.dockerfile.v0', emptyLayer: false },
    { created: undefined, createdBy: 'CMD ["x"]', author: 'me', comment: undefined, emptyLayer: true },
  ],
}

describe('an image config', () => {
  it('is read as it was written', () => assert.deepEqual(parseImageConfig(formatImageConfig(FULL)), FULL))

  it('has its fields in the order of BuildKit', () => {
    assert.equal(
      Buffer.from(formatImageConfig(FULL)).toString(),
      '{"architecture":"arm","author":"somebody","config":{"User":"1000:1000","ExposedPorts":{"53/udp":{},"80/tcp":{}},"Env":["PATH=/bin","EMPTY="],"Entrypoint":["/bin/sh","-c"],' +
        '"Cmd":["echo \\"\\u003c\\u0026\\u003e\\""],"Volumes":{"/data":{}},"WorkingDir":"/app","Labels":{"a":"1","b":"2"},"StopSignal":"SIGINT","ArgsEscaped":true,' +
        '"Healthcheck":{"Test":["CMD","true"],"Interval":30000000000,"StartPeriod":1,"Retries":3},"OnBuild":["RUN true"],"Shell":["/bin/bash","-c"]},' +
        '"created":"2024-01-02T03:04:05.678901234Z","history":[{"created":"2024-01-01T00:00:00Z","created_by":"RUN true # buildkit","comment":"buildkit.dockerfile.v0"},' +
        '{"created_by":"CMD [\\"x\\"]","author":"me","empty_layer":true}],"os":"linux","os.features":["f"],"os.version":"10",' +
        `"rootfs":{"type":"layers","diff_ids":["${digestOf('layer')}"]},"variant":"v7"}`,
    )
  })

  it('leaves out what is empty', () => {
    const text = Buffer.from(formatImageConfig(emptyImageConfig(parsePlatform('linux/amd64')))).toString()
    assert.equal(text, '{"architecture":"amd64","config":{},"history":[],"os":"linux","rootfs":{"type":"layers","diff_ids":[]}}')
  })

  it('with nulls, as old Docker wrote them, is one with nothing there', () => {
    const text = '{"architecture":"amd64","os":"linux","config":{"Cmd":null,"Volumes":null,"OnBuild":null,"Labels":null,"Healthcheck":null},"history":null,"rootfs":{"type":"layers","diff_ids":null}}'
    assert.deepEqual(parseImageConfig(Buffer.from(text)).container, EMPTY_CONTAINER_CONFIG)
  })

  for (const text of ['', '[]', '{"os":"linux"}', '{"architecture":"amd64","os":"linux","config":{"Env":"x"}}', '{"architecture":"amd64","os":"linux","rootfs":{"diff_ids":["x"]}}']) {
    it(`is not ${JSON.stringify(text)}`, () => assert.throws(() => parseImageConfig(Buffer.from(text)), { name: 'ImageInvalidError', kind: 'corrupt' }))
  }
})
