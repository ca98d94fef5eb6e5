import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { BasicAuthIni } from './basic-auth-ini.ts'
import { Switch } from './fields.ts'
import type { MlflowFlags } from './mlflow.ts'
import { mlflowFlagHint } from './mlflow.ts'
import type { OptionName } from './options.ts'
import { fileVariableOf, options, variableOf } from './options.ts'

export type Env = Record<string, string | undefined>
/** A setting as written, and where: `--port`, `ASSAY_PORT`, `MLFLOW_PORT`, or nothing for the default. */
type Source = { text: string; from: string | undefined }
export type Sources = Partial<Record<OptionName, Source>>

/**
 * Gathers each setting from flags (ours, then MLflow's), then ASSAY_ variables, then MLflow's, then its ini file, then defaults;
 * what is not known goes to `problems`.
 */
export function gather(
  argv: readonly string[],
  said: MlflowFlags,
  env: Env,
  ini: BasicAuthIni,
  problems: string[],
): Sources {
  const flags = readFlags(argv, problems)
  refuseUnknownVariables(env, problems)
  const sources: Sources = {}
  for (const { name, mlflow, aws = [], only, ...option } of options) {
    const own = only === 'flag' ? undefined : fromVariable(env, variableOf(name))
    const filed = only === 'env' && !own ? fromFile(env, fileVariableOf(name), problems) : undefined
    const others = [...(mlflow ? [mlflow] : []), ...aws].map((variable) => fromVariable(env, variable))
    const source =
      flags.get(name) ?? said.get(mlflow ?? '') ?? own ?? filed ?? others.find(Boolean) ?? ini.get(mlflow ?? '')
    if (source) sources[name] = source
    else if (option.default !== undefined) sources[name] = { text: option.default, from: undefined }
  }
  // where clients go to the store themselves, MLflow's root of new experiments is the place of the artifacts
  const root = said.get(DEFAULT_ROOT) ?? fromVariable(env, DEFAULT_ROOT)
  if (root && Switch.safeParse(sources['serve-artifacts']?.text).data === false) sources.artifacts ??= root
  return sources
}

const DEFAULT_ROOT = 'MLFLOW_DEFAULT_ARTIFACT_ROOT'

function fromVariable(env: Env, name: string): Source | undefined {
  const text = env[name]?.trim()
  // Compose files and charts pass a variable without a value for "not set".
  return text && !injected(name, text) ? { text, from: name } : undefined
}

/** A secret in a file, as orchestrators hand them out. */
function fromFile(env: Env, variable: string, problems: string[]): Source | undefined {
  const path = env[variable]?.trim()
  if (!path) return undefined
  try {
    return { text: readFileSync(path, 'utf8').trim(), from: variable }
  } catch (error) {
    problems.push(`${variable}=${path}: cannot be read (${(error as NodeJS.ErrnoException).code}).`)
    return undefined
  }
}

function readFlags(argv: readonly string[], problems: string[]): Map<OptionName, Source> {
  const known = options.filter((o) => o.only !== 'env')
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      known.map(
        (o) =>
          [o.name, { type: o.kind === 'text' ? 'string' : 'boolean', ...(o.short && { short: o.short }) }] as const,
      ),
    ),
  })
  const flags = new Map<OptionName, Source>()
  let afterUnknown = -1
  for (const token of tokens) {
    if (token.kind === 'positional' && token.index !== afterUnknown)
      problems.push(`"${token.value}" is not understood here. Flags begin with --.`)
    if (token.kind !== 'option') continue
    const off = token.name.startsWith('no-')
    const option = known.find(
      (o) => o.name === token.name || (off && o.kind === 'switch' && `no-${o.name}` === token.name),
    )
    if (!option) {
      problems.push(unknownFlag(token.rawName, token.name))
      afterUnknown = token.index + 1
    } else if (option.kind === 'switch') {
      const negated = option.name !== token.name
      if (negated && token.value !== undefined) problems.push(`${token.rawName} takes no value.`)
      else flags.set(option.name, { text: token.value ?? (negated ? 'off' : 'on'), from: token.rawName })
    } else if (!token.value || (!token.inlineValue && token.value.startsWith('-'))) {
      problems.push(`${token.rawName} needs a value: ${token.rawName}=${option.value}.`)
    } else flags.set(option.name, { text: token.value, from: token.rawName })
  }
  return flags
}

function unknownFlag(rawName: string, name: string): string {
  const hint = mlflowFlagHint(name)
  if (hint) return `${rawName} is a flag of mlflow server: ${hint}.`
  const secret = options.find((o) => o.only === 'env' && o.name === name)
  if (secret) return `${rawName} is not a flag, since others could read it: set ${variableOf(name)} in the environment.`
  const all = options
    .filter((o) => o.only !== 'env')
    .flatMap((o) => (o.kind === 'switch' ? [o.name, `no-${o.name}`] : [o.name]))
  const near = nearest(name, all)
  return `${rawName} is not a flag.${near ? ` Did you mean --${near}?` : ''} \`assay help\` lists them all.`
}

const variables = new Set(
  options.flatMap(({ name, only }) => [
    ...(only === 'flag' ? [] : [variableOf(name)]),
    ...(only === 'env' ? [fileVariableOf(name)] : []),
  ]),
)

/** What `assay access --server` says to a server: no setting of one. */
export const CLIENT_TOKEN = 'ASSAY_TOKEN'

function refuseUnknownVariables(env: Env, problems: string[]) {
  for (const [name, value] of Object.entries(env)) {
    if (
      !name.startsWith('ASSAY_') ||
      name.startsWith('ASSAY_TEST_') ||
      name === CLIENT_TOKEN ||
      variables.has(name) ||
      injected(name, value ?? '')
    )
      continue
    const near = nearest(name, [...variables])
    problems.push(`${name} is not a setting.${near ? ` Did you mean ${near}?` : ''} \`assay help\` lists them all.`)
  }
}

/** Kubernetes gives every pod variables for each service in sight; one called `assay` makes ASSAY_PORT=tcp://10.0.0.1:5000. */
function injected(name: string, value: string): boolean {
  return (
    /^ASSAY_(.+_)?SERVICE_(HOST|PORT(_.+)?)$/.test(name) ||
    /^ASSAY_(.+_)?PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name) ||
    (/^ASSAY_(.+_)?PORT$/.test(name) && /^(tcp|udp|sctp):\/\//.test(value))
  )
}

/** The closest of some names, if any is close enough to have been meant. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const [best] = names.map((n) => ({ n, distance: editDistance(name, n) })).sort((a, b) => a.distance - b.distance)
  return best && best.distance <= Math.max(2, name.length / 3) ? best.n : undefined
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      current.push(Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, swap))
    }
    previous = current
  }
  return previous[b.length] ?? 0
}
