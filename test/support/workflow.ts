import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand, type CommandResult } from './pelago.ts'

/*
 * A runner for workflows of GitHub and pipelines of GitLab, as far as our documents use them: jobs one after the
 * other with their matrices, `run` steps in sh, the action of this repository by its script. Checkout and artifacts
 * have nothing to do: all jobs share one folder.
 */

export interface WorkflowStep {
  readonly id?: string
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, string | boolean>>
  readonly env?: Readonly<Record<string, string>>
}

export interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly strategy?: { readonly matrix: { readonly include: readonly Readonly<Record<string, string>>[] } }; readonly steps: readonly WorkflowStep[] }>>
}


export interface RunnerOptions {
  /** Where the repository is checked out. */
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  /** `secrets.GITHUB_TOKEN` and the like: values of expressions. */
  readonly values: Readonly<Record<string, string>>
  /** Script of the action at `uses`, if it is one of this repository. */
  readonly actionOf: (uses: string) => string | undefined
}

const IDLE = ['actions/checkout', 'actions/upload-artifact', 'actions/download-artifact']

/** @throws where a step fails, with what it printed */
export async function runWorkflow({ jobs }: Workflow, options: RunnerOptions): Promise<void> {
  const temp = await mkdtemp(join(tmpdir(), 'pelago-runner-'))
  try {
    for (const { strategy, steps } of Object.values(jobs)) {
      for (const matrix of strategy?.matrix.include ?? [{}]) await runJob(steps, { ...options, values: { ...options.values, ...prefixed('matrix', matrix) } }, temp)
    }
  } finally {
    await rm(temp, { recursive: true, force: true })
  }
}

async function runJob(steps: readonly WorkflowStep[], options: RunnerOptions, temp: string): Promise<void> {
  let values = options.values
  for (const step of steps) {
    const place = (text: string): string => text.replace(/\$\{\{ *([\w.-]+) *\}\}/g, (_, name: string) => valueOf(values, name))
    const output = join(await mkdtemp(join(temp, 'step-')), 'output')
    await writeFile(output, '')
    const env = { ...options.env, RUNNER_TEMP: temp, GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: options.folder, GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: join(temp, 'summary.md'), GITHUB_PATH: join(temp, 'path') }
    const argv = wordsOf(step, place, options.actionOf)
    if (argv === undefined) continue
    must(step, await runCommand(argv, { cwd: options.folder, env: { ...env, ...inputs(step, place), ...mapped(step.env ?? {}, place) } }))
    if (step.id !== undefined) values = { ...values, ...prefixed(`steps.${step.id}.outputs`, readOutputs(await readFile(output, 'utf8'))) }
  }
}

function wordsOf({ run, uses }: WorkflowStep, place: (text: string) => string, actionOf: RunnerOptions['actionOf']): readonly string[] | undefined {
  if (run !== undefined) return ['sh', '-euc', place(run)]
  const script = actionOf(uses ?? '')
  if (script !== undefined) return script === '' ? undefined : [script]
  if (IDLE.some((name) => uses?.startsWith(`${name}@`) === true)) return undefined
  throw new Error(`no such action here: ${uses}`)
}

/** @throws where a command of its `before_script` from the `skip`th on, or of its `script`, fails */
export async function runPipelineJob(job: { readonly before_script: readonly string[]; readonly script: readonly string[] }, skip: number, { folder, env }: Pick<RunnerOptions, 'folder' | 'env'>): Promise<void> {
  const script = [...job.before_script.slice(skip), ...job.script].join('\n')
  must({ run: script }, await runCommand(['sh', '-euc', script], { cwd: folder, env: { ...env, GITLAB_CI: 'true' } }))
}

function must(step: WorkflowStep, { exitCode, stdout, stderr }: CommandResult): void {
  if (exitCode !== 0) throw new Error(`${step.run ?? step.uses} exited with ${exitCode}:\n${stdout}${stderr}`)
}

function inputs(step: WorkflowStep, place: (text: string) => string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(step.with ?? {}).map(([name, value]) => [`INPUT_${name.toUpperCase().replaceAll('-', '_')}`, place(String(value))]))
}

function mapped(env: Readonly<Record<string, string>>, place: (text: string) => string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, place(value)]))
}

function prefixed(prefix: string, values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}.${name}`, value]))
}

function valueOf(values: Readonly<Record<string, string>>, name: string): string {
  const value = values[name]
  if (value === undefined) throw new Error(`the runner has no ${name}`)
  return value
}

function readOutputs(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]))
}
