import type { SourceSpan } from '../../ground/sourceSpan.ts'
import { parseDockerfile, type Dockerfile } from '../dockerfile.ts'
import { expandQuietly } from '../lint/expandQuietly.ts'
import { createLintNotes } from '../lint/lintNotes.ts'
import type { LintedStep } from '../lint/lintSubject.ts'
import { readMountQuietly } from '../lint/readMountQuietly.ts'
import { secretIdOf } from '../lower/steps/lowerMounts.ts'
import { resolveDockerfile, type ImageResolver, type LowerRequest } from '../lower.ts'
import { lowerStages, type LowerJob } from '../lower/lowerStages.ts'
import type { MountOptions, MountType } from '../lower/steps/mountOptions.ts'
import { describedBy } from './describedBy.ts'
import { answer, formatColumns, toBase64, toLocation, type SubrequestAnswer } from './subrequest.ts'

/** What the build of a target takes from whoever builds it. */
interface Outline {
  readonly name: string | undefined
  readonly description: string | undefined
  readonly args: readonly OutlinedArg[]
  readonly secrets: readonly OutlinedMount[]
  readonly ssh: readonly OutlinedMount[]
  readonly caches: readonly OutlinedMount[]
}

/** What a `RUN --mount` wants, by its id; several that want the same are one. */
interface OutlinedMount {
  readonly id: string
  readonly isRequired: boolean
  readonly span: SourceSpan
}

interface OutlinedArg {
  readonly name: string
  readonly description: string | undefined
  readonly value: string
  readonly span: SourceSpan
}

/** The answer to `frontend.outline`, for the target of the request. @throws DockerfileError as a build would */
export async function answerOutline(request: LowerRequest, resolver: ImageResolver, signal: AbortSignal): Promise<SubrequestAnswer> {
  const dockerfile = parseDockerfile(request.source)
  const job = await resolveDockerfile({ request, dockerfile, notes: createLintNotes(request), isCheck: false }, resolver, signal)
  const steps: LintedStep[] = []
  lowerStages(job, [], (step) => void steps.push(step))
  return formatOutline(outlineTarget(job, steps), request)
}

function outlineTarget(job: LowerJob, steps: readonly LintedStep[]): Outline {
  const { dockerfile, resolved } = job
  const { from } = resolved.target
  const mounts = (type: MountType): readonly OutlinedMount[] => outlineMounts(job, steps, type)
  return {
    name: from.stageName === '' ? undefined : from.stageName,
    description: describedBy(dockerfile, from.span, from.stageName),
    args: outlineArgs(job, steps),
    secrets: mounts('secret'),
    ssh: mounts('ssh'),
    caches: mounts('cache'),
  }
}

function outlineMounts({ dockerfile }: LowerJob, steps: readonly LintedStep[], type: MountType): readonly OutlinedMount[] {
  const found = new Map<string, OutlinedMount>()
  for (const { instruction, before } of steps.toSorted((a, b) => a.instruction.span.startLine - b.instruction.span.startLine)) {
    for (const mount of instruction.kind === 'run' ? instruction.mounts : []) {
      const options = readMountQuietly(mount, (text) => expandQuietly(text, before.env, dockerfile.escape)?.text ?? text)
      if (options?.type !== type) continue
      const id = mountId(options)
      const earlier = found.get(id)
      found.set(id, { id, span: earlier?.span ?? instruction.span, isRequired: options.isRequired || earlier?.isRequired === true })
    }
  }
  return [...found.values()]
}

/** As the builder asks for it. */
function mountId(options: MountOptions): string {
  switch (options.type) {
    case 'secret':
      return secretIdOf(options)
    case 'ssh':
      return options.id === '' ? 'default' : options.id
    case 'cache':
    case 'bind':
    case 'tmpfs':
      return options.id === '' ? options.target : options.id
  }
}

/** Those that the needed stages declare or use in FROM, and what the defaults of these stand on. The platform's own are no one's to give. */
function outlineArgs(job: LowerJob, steps: readonly LintedStep[]): readonly OutlinedArg[] {
  const { dockerfile, scope, resolved } = job
  const globals = new Map(globalArgs(job).map((arg) => [arg.name, arg]))
  const found = new Map<string, OutlinedArg>()
  const takeGlobal = (name: string): void => {
    const arg = globals.get(name)
    if (arg === undefined || found.has(name)) return
    found.set(name, arg)
    arg.dependsOn.forEach(takeGlobal)
  }
  for (const { name, own } of steps.toReversed().flatMap((step) => declaredArgs(step, job))) {
    if (own === undefined) takeGlobal(name)
    else if (!found.has(name)) found.set(name, own)
  }
  for (const { from } of resolved.stages) {
    for (const word of [from.base, from.platform ?? '']) expandQuietly(word, scope.variables, dockerfile.escape)?.matched.forEach(takeGlobal)
  }
  return [...found.values()].toSorted((a, b) => a.span.startLine - b.span.startLine)
}

/** `own` is undefined where the value is that of a global ARG. */
function declaredArgs({ instruction, before }: LintedStep, { dockerfile, scope, request }: LowerJob): readonly { readonly name: string; readonly own: OutlinedArg | undefined }[] {
  if (instruction.kind !== 'arg') return []
  return instruction.args.map(({ name, defaultValue }) => {
    const given = request.buildArgs.get(name)
    if (given === undefined && defaultValue === undefined && scope.variables.has(name)) return { name, own: undefined }
    const value = given ?? expandQuietly(defaultValue ?? '', before.env, dockerfile.escape)?.text ?? ''
    return { name, own: describeArg(dockerfile, name, { value, span: instruction.span }) }
  })
}

interface GlobalArg extends OutlinedArg {
  readonly dependsOn: ReadonlySet<string>
}

function globalArgs({ dockerfile, scope, request }: LowerJob): readonly GlobalArg[] {
  return dockerfile.globalArgs.flatMap(({ args, span }) =>
    args.map(({ name, defaultValue }) => {
      const dependsOn = request.buildArgs.has(name) ? undefined : expandQuietly(defaultValue ?? '', scope.variables, dockerfile.escape)?.matched
      return { ...describeArg(dockerfile, name, { value: scope.variables.get(name) ?? '', span }), dependsOn: dependsOn ?? new Set<string>() }
    }),
  )
}

function describeArg(dockerfile: Dockerfile, name: string, { value, span }: Pick<OutlinedArg, 'value' | 'span'>): OutlinedArg {
  return { name, value, span, description: describedBy(dockerfile, span, name) }
}

function formatOutline({ name, description, args, secrets, ssh, caches }: Outline, { source }: LowerRequest): SubrequestAnswer {
  const document = {
    name,
    description,
    args: nonEmpty(args.map((arg) => ({ name: arg.name, description: arg.description, value: arg.value === '' ? undefined : arg.value, location: toLocation(arg.span) }))),
    secrets: nonEmpty(secrets.map(toMount)),
    ssh: nonEmpty(ssh.map(toMount)),
    cache: nonEmpty(caches.map(({ id, span }) => ({ ID: id, location: toLocation(span) }))),
    sources: [toBase64(source)],
  }
  const head = name === undefined && description === undefined ? '' : formatColumns([['TARGET:', name ?? '(default)'], ...(description === undefined ? [] : [['DESCRIPTION:', description]])], 1)
  const tables = [head, formatTable(['BUILD ARG', 'VALUE', 'DESCRIPTION'], args.map((arg) => [arg.name, arg.value, arg.description ?? ''])), formatMounts('SECRET', secrets), formatMounts('SSH', ssh), formatTable(['CACHE MOUNT'], caches.map(({ id }) => [id]))]
  return answer(document, tables.filter((table) => table !== '').join('\n'))
}

function toMount({ id, isRequired, span }: OutlinedMount): object {
  return { name: id, required: isRequired ? true : undefined, location: toLocation(span) }
}

function formatMounts(title: string, mounts: readonly OutlinedMount[]): string {
  return formatTable([title, 'REQUIRED'], mounts.map(({ id, isRequired }) => [id, isRequired ? 'true' : '']))
}

function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? '' : formatColumns([head, ...rows], 3)
}

function nonEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list
}
