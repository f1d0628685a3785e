import { availableParallelism } from 'node:os'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import type { ServiceImpl } from '@connectrpc/connect'
import {
  DescribePlatformResponseSchema,
  DescribeResponseSchema,
  ImageSchema,
  ListFailedStepsResponseSchema,
  ListImagesResponseSchema,
  LoadResponseSchema,
  ReadImageResponseSchema,
  RemoveImageResponseSchema,
  StopResponseSchema,
  TagImageResponseSchema,
  TransferEventSchema,
  type Image,
  type LoadMessage,
  type LocalEngine,
  type TransferEvent,
} from '../api/gen/local_pb.ts'
import type { Engine, PlatformSupport } from '../engine/engine.ts'
import type { ListedImage } from '../engine/images/imageList.ts'
import { LocalImageMissingError } from '../engine/images/imageResolver.ts'
import type { Descriptor } from '../ground/oci/descriptor.ts'
import { parseDigest } from '../ground/digest.ts'
import { InvalidValueError } from '../ground/errors.ts'
import { formatPlatform, parsePlatform } from '../ground/platform.ts'
import { formatReference, parseReference } from '../ground/reference.ts'
import type { ProgressSink } from '../progress/progressSink.ts'
import { debugFailedStep } from './containers/debugFailedStep.ts'
import { createEventQueue } from './eventQueue.ts'
import { runContainer } from './containers/runContainer.ts'
import { checkMayStop } from './peerRights.ts'
import type { Peer } from './server.ts'
import { toTransferProgress } from './transferProgress.ts'

/** What the engine itself does not know of its process. */
export interface EngineFacts {
  readonly isRootless: boolean
  /** Has the process end; returns at once. */
  readonly stop: () => void
  /** Where it listens for others; none for a command's own. */
  readonly addresses: () => readonly string[]
}

type LocalService = ServiceImpl<typeof LocalEngine>

/** `pelago.v1.LocalEngine` over an engine, for peers of one kind. */
export function createLocalEngine(engine: Engine, facts: EngineFacts, peer: Peer): LocalService {
  return { ...describeService(engine, facts), ...imageService(engine), ...transferService(engine), ...processService(engine, peer), ...stopService(facts, peer) }
}

function describeService(engine: Engine, { isRootless, addresses }: EngineFacts): Pick<LocalService, 'describe' | 'describePlatform'> {
  return {
    async describePlatform({ platform }, { signal }) {
      const support = await engine.describePlatform(parsePlatform(platform), signal)
      return create(DescribePlatformResponseSchema, toSupport(support))
    },
    describe: () =>
      create(DescribeResponseSchema, {
        version: engine.version,
        root: engine.root,
        snapshotter: engine.snapshotter,
        cpus: availableParallelism(),
        rootless: isRootless,
        pid: BigInt(process.pid),
        addresses: [...addresses()],
        platforms: engine.platforms().map(({ platform, mode }) => ({ platform: formatPlatform(platform), emulator: mode.kind === 'emulated' ? mode.emulator : '' })),
      }),
  }
}

function toSupport(support: PlatformSupport): MessageInitShape<typeof DescribePlatformResponseSchema> {
  switch (support.kind) {
    case 'native':
      return { support: { case: 'native', value: {} } }
    case 'emulated':
      return { support: { case: 'emulated', value: { emulator: support.emulator.name, path: support.emulator.path, version: support.emulator.version } } }
    case 'missing':
      return { support: { case: 'missing', value: { reason: support.reason, hint: support.hint } } }
  }
}

function stopService({ stop }: EngineFacts, peer: Peer): Pick<LocalService, 'stop'> {
  return {
    stop() {
      checkMayStop(peer)
      setImmediate(stop) // the answer goes out first
      return create(StopResponseSchema)
    },
  }
}

function processService(engine: Engine, peer: Peer): Pick<LocalService, 'run' | 'debug' | 'listFailedSteps'> {
  return {
    run: (inputs, { signal }) => runContainer({ engine, peer }, inputs, signal),
    debug: (inputs, { signal }) => debugFailedStep(engine, inputs, signal),
    listFailedSteps: () =>
      create(ListFailedStepsResponseSchema, {
        steps: engine.failedSteps().map(({ id, name, platform, failedAtMs, exec, message }) => ({ id, name, platform: formatPlatform(platform), failedAtMs: BigInt(failedAtMs), command: [...exec.argv], message })),
      }),
  }
}

function imageService(engine: Engine): Pick<LocalService, 'listImages' | 'readImage' | 'removeImage' | 'tagImage'> {
  return {
    async listImages({ reference }, { signal }) {
      const images = await engine.listImages(reference === '' ? undefined : parseReference(reference), signal)
      return create(ListImagesResponseSchema, { images: images.map(toMessage) })
    },
    async readImage({ reference, digest }, { signal }) {
      const { mediaType, digest: found, bytes } = await engine.readImage(parseReference(reference), digest === '' ? undefined : parseDigest(digest), signal)
      return create(ReadImageResponseSchema, { mediaType, digest: found, content: bytes })
    },
    async removeImage({ reference }) {
      const parsed = parseReference(reference)
      const digest = engine.images.get(parsed)?.root.digest
      if (digest === undefined || !engine.images.remove(parsed)) throw new LocalImageMissingError(parsed)
      return create(RemoveImageResponseSchema, { digest })
    },
    async tagImage({ source, target }) {
      const image = engine.images.get(parseReference(source))
      if (image === undefined) throw new LocalImageMissingError(parseReference(source))
      engine.images.put(parseReference(target), image.root)
      return create(TagImageResponseSchema)
    },
  }
}

function transferService(engine: Engine): Pick<LocalService, 'pull' | 'push' | 'load' | 'save'> {
  return {
    pull({ reference, platforms, session }, { signal }) {
      const request = { reference: parseReference(reference), platforms: platforms.map((platform) => parsePlatform(platform)), sessionId: session }
      return transfer(reference, (progress) => engine.pull(request, progress, signal))
    },
    push: ({ reference, session }, { signal }) => transfer(reference, (progress) => engine.push({ reference: parseReference(reference), sessionId: session }, progress, signal)),
    async load(messages, { signal }) {
      const { name, tar } = await readLoad(messages)
      const references = await engine.load(tar, name === '' ? undefined : parseReference(name), signal)
      return create(LoadResponseSchema, { references: references.map(formatReference) })
    },
    async *save({ references }, { signal }) {
      for await (const data of engine.save(references.map(parseReference), signal)) yield { data }
    },
  }
}

/** Runs `work`, and tells its progress until it is done. */
async function* transfer(reference: string, work: (progress: ProgressSink) => Promise<Descriptor>): AsyncGenerator<TransferEvent> {
  const queue = createEventQueue<TransferEvent>()
  const sink: ProgressSink = (event) => {
    if (event.kind === 'warning') queue.push(create(TransferEventSchema, { event: { case: 'warning', value: event.message } }))
    if (event.kind !== 'vertex-progress') return
    queue.push(create(TransferEventSchema, { event: { case: 'progress', value: toTransferProgress(event) } }))
  }
  const finished = work(sink).finally(() => queue.end())
  finished.catch(() => undefined) // it is awaited below, once what was told before is out
  yield* queue.read()
  const { digest, sizeBytes } = await finished
  yield create(TransferEventSchema, { event: { case: 'done', value: { reference: formatReference(parseReference(reference)), digest, size: BigInt(sizeBytes) } } })
}

async function readLoad(messages: AsyncIterable<LoadMessage>): Promise<{ readonly name: string; readonly tar: AsyncIterable<Uint8Array> }> {
  const iterator = messages[Symbol.asyncIterator]()
  const first = await iterator.next()
  const message = first.done === true ? undefined : first.value.message
  if (message?.case !== 'header') throw new InvalidValueError('a load begins with its header')
  return { name: message.value.reference, tar: dataOf(iterator) }
}

async function* dataOf(iterator: AsyncIterator<LoadMessage>): AsyncGenerator<Uint8Array> {
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
    if (next.value.message.case === 'data') yield next.value.message.value
  }
}

function toMessage({ reference, root, createdAtMs, platforms }: ListedImage): Image {
  return create(ImageSchema, {
    reference: formatReference(reference),
    digest: root.digest,
    mediaType: root.mediaType,
    createdAtMs: BigInt(createdAtMs),
    platforms: platforms.map(({ platform, manifest, config, sizeBytes, created }) => ({ platform: formatPlatform(platform), digest: manifest.digest, configDigest: config.digest, size: BigInt(sizeBytes), created: created ?? '' })),
  })
}
