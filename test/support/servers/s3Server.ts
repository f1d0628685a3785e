import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import S3rver from '@20minutes/s3rver'
import { startFaultyServer, type FaultyServer } from './faultyServer.ts'

/** A server that speaks S3 and checks signatures, with one bucket. */
export interface S3Server extends FaultyServer {
  readonly bucket: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** What `type=s3` is followed by. */
  readonly attributes: ReadonlyMap<string, string>
}

const BUCKET = 'ci-caches'
/** The package knows no other. */
const KEY = 'S3RVER'

export async function startS3Server(): Promise<S3Server> {
  await using stack = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), 'pelago-s3-'))
  stack.defer(() => rm(directory, { recursive: true, force: true }))
  const app = new S3rver({ directory, silent: true, vhostBuckets: false, configureBuckets: [{ name: BUCKET, configs: [] }] })
  await app.configureBuckets()
  const answer = app.callback()
  const server = stack.use(await startFaultyServer((request, response) => void answer(request, response), /^GET /))
  const held = stack.move()
  return {
    ...server,
    bucket: BUCKET,
    accessKeyId: KEY,
    secretAccessKey: KEY,
    attributes: new Map([['bucket', BUCKET], ['region', 'us-east-1'], ['endpoint_url', server.url], ['use_path_style', 'true'], ['access_key_id', KEY], ['secret_access_key', KEY]]),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}
