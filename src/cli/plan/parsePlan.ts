import { ACCELERATE_MODES } from '../../graph/accelerate.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import { objectList, optionalBoolean, optionalNumber, optionalObject, optionalString, optionalStringList, parseJsonObject, requiredNumber, requiredObject, requiredString, type JsonObject } from '../../ground/jsonValue.ts'
import type { BuildPlan, LineRange, PlanAccelerate, PlanEdit, PlanImage, PlanPlace, PlanProblem, PlanRun, PlanStage, PlanStep, PlanTime } from '../../engine/plan/buildPlan.ts'

/** The engine's answer. @throws InvalidValueError where it is none, or of another version */
export function parsePlan(text: string): BuildPlan {
  const plan = parseJsonObject(text, 'the plan')
  if (requiredNumber(plan, 'version') !== 1) throw new InvalidValueError('the plan is of another version', { hint: 'use a command and an engine of one version' })
  return {
    version: 1,
    buildPlatform: requiredString(plan, 'buildPlatform'),
    platforms: stringsOf(plan, 'platforms'),
    problems: objectList(plan, 'problems').map(parseProblem),
    stages: objectList(plan, 'stages').map(parseStage),
    images: objectList(plan, 'images').map(parseImage),
    time: parseTime(requiredObject(plan, 'time')),
    accelerate: parseAccelerate(optionalObject(plan, 'accelerate')),
    edits: objectList(plan, 'edits').map(parseEdit),
    vertices: objectList(plan, 'vertices').map((vertex) => ({ digest: requiredString(vertex, 'digest'), name: requiredString(vertex, 'name'), state: choiceOf(vertex, 'state', STATES) })),
  }
}

const STATES = ['cached', 'runs', 'unknown', 'blocked'] as const
const MODES = ['native', 'emulated', 'impossible', 'none'] as const
const NEEDS = ['needed', 'unknown', 'not-needed'] as const
const PROBLEMS = ['platform-missing', 'image-missing', 'emulator-missing', 'step'] as const

function parseProblem(problem: JsonObject): PlanProblem {
  const lines = optionalObject(problem, 'lines')
  return { kind: choiceOf(problem, 'kind', PROBLEMS), message: requiredString(problem, 'message'), hint: optionalString(problem, 'hint'), lines: lines === undefined ? undefined : parseLines(lines), platforms: stringsOf(problem, 'platforms') }
}

function parseStage(stage: JsonObject): PlanStage {
  return {
    index: requiredNumber(stage, 'index'),
    name: optionalString(stage, 'name') ?? '',
    base: requiredString(stage, 'base'),
    lines: parseLines(requiredObject(stage, 'lines')),
    isNeeded: optionalBoolean(stage, 'isNeeded') === true,
    runsOn: stringsOf(stage, 'runsOn'),
    isOnce: optionalBoolean(stage, 'isOnce') === true,
    steps: objectList(stage, 'steps').map(parseStep),
  }
}

function parseStep(step: JsonObject): PlanStep {
  return { lines: parseLines(requiredObject(step, 'lines')), text: requiredString(step, 'text'), runs: objectList(step, 'runs').map(parseRun) }
}

function parseRun(run: JsonObject): PlanRun {
  return {
    platforms: stringsOf(run, 'platforms'),
    state: choiceOf(run, 'state', STATES),
    mode: choiceOf(run, 'mode', MODES),
    emulator: optionalString(run, 'emulator'),
    hasTwins: optionalBoolean(run, 'hasTwins') === true,
    failure: optionalString(run, 'failure'),
    until: objectList(run, 'until').map(parsePlace),
    expectedMs: optionalNumber(run, 'expectedMs'),
    vertices: stringsOf(run, 'vertices'),
  }
}

function parsePlace(place: JsonObject): PlanPlace {
  return { stage: requiredNumber(place, 'stage'), line: requiredNumber(place, 'line'), isImage: optionalBoolean(place, 'isImage') === true, text: requiredString(place, 'text') }
}

function parseImage(image: JsonObject): PlanImage {
  return {
    written: requiredString(image, 'written'),
    reference: requiredString(image, 'reference'),
    platform: requiredString(image, 'platform'),
    found: requiredString(image, 'found'),
    lines: numbersOf(image, 'lines'),
    layers: requiredNumber(image, 'layers'),
    sizeBytes: requiredNumber(image, 'sizeBytes'),
    layersHere: requiredNumber(image, 'layersHere'),
    bytesHere: requiredNumber(image, 'bytesHere'),
    need: choiceOf(image, 'need', NEEDS),
    pullBytes: requiredNumber(image, 'pullBytes'),
  }
}

function parseTime(time: JsonObject): PlanTime {
  return {
    timedSteps: requiredNumber(time, 'timedSteps'),
    untimedSteps: requiredNumber(time, 'untimedSteps'),
    nativeMs: requiredNumber(time, 'nativeMs'),
    emulatedMs: requiredNumber(time, 'emulatedMs'),
    sumMs: requiredNumber(time, 'sumMs'),
    criticalPathMs: requiredNumber(time, 'criticalPathMs'),
    criticalPath: objectList(time, 'criticalPath').map(parsePlace),
  }
}

/** An engine that is older than native twins says nothing of them. */
function parseAccelerate(accelerate: JsonObject | undefined): PlanAccelerate {
  if (accelerate === undefined) return { mode: 'off', steps: 0, missing: [] }
  const missing = objectList(accelerate, 'missing').map((object) => ({ platform: requiredString(object, 'platform'), reasons: stringsOf(object, 'reasons') }))
  return { mode: choiceOf(accelerate, 'mode', ACCELERATE_MODES), steps: requiredNumber(accelerate, 'steps'), savesMs: optionalNumber(accelerate, 'savesMs'), missing }
}

function parseEdit(edit: JsonObject): PlanEdit {
  return {
    id: requiredString(edit, 'id'),
    message: requiredString(edit, 'message'),
    lines: parseLines(requiredObject(edit, 'lines')),
    instead: optionalString(edit, 'instead'),
    savesMs: optionalNumber(edit, 'savesMs'),
    savesBytes: optionalNumber(edit, 'savesBytes'),
  }
}

function parseLines(lines: JsonObject): LineRange {
  return { startLine: requiredNumber(lines, 'startLine'), endLine: requiredNumber(lines, 'endLine') }
}

function stringsOf(object: JsonObject, key: string): readonly string[] {
  return optionalStringList(object, key) ?? []
}

function numbersOf(object: JsonObject, key: string): readonly number[] {
  const value = object.fields.get(key)
  return Array.isArray(value) ? value.filter((item) => typeof item === 'number') : []
}

function choiceOf<T extends string>(object: JsonObject, key: string, choices: readonly T[]): T {
  const value = requiredString(object, key)
  const choice = choices.find((one) => one === value)
  if (choice === undefined) throw new InvalidValueError(`${object.path}.${key} is ${JSON.stringify(value)}`, { hint: `one of ${choices.join(', ')}` })
  return choice
}
