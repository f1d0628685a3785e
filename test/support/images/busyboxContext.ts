import { readFileSync } from 'node:fs'
import type { ContextFiles } from '../pelago.ts'

const BUSYBOX = '/usr/bin/busybox'

/** A context for builds that need no base image: over `scratch` with the machine's own static busybox, then `steps`. */
export function busyboxContext(steps: readonly string[], files: ContextFiles = {}): ContextFiles {
  const dockerfile = ['FROM scratch', 'COPY --chmod=755 busybox /bin/busybox', 'RUN ["/bin/busybox", "--install", "-s", "/bin"]', 'ENV PATH=/bin', 'WORKDIR /work', ...steps]
  return { ...files, busybox: readFileSync(BUSYBOX), Dockerfile: `${dockerfile.join('\n')}\n`, '.dockerignore': 'Dockerfile' }
}
