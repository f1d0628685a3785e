/** What the tests use of a package that has no types. */
declare module '@20minutes/s3rver' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  class S3rver {
    constructor(options: { readonly directory: string; readonly silent: boolean; readonly vhostBuckets: boolean; readonly serviceEndpoint?: string; readonly configureBuckets: readonly { readonly name: string; readonly configs: readonly string[] }[] })
    configureBuckets(): Promise<unknown>
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>
  }

  export { S3rver as default }
}
