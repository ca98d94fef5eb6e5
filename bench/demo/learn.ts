import type { Random } from './seeded.ts'
import { seeded } from './seeded.ts'

/** Rows of features and what is to be predicted: the number of a class, or a quantity. */
export type Sample = { features: Float64Array[]; targets: Float64Array }

export type Settings = {
  learning_rate: number
  /** 0 is a linear model. */
  hidden_units: number
  l2: number
  batch_size: number
  momentum: number
  warmup_steps: number
  seed: number
}

/** One hidden layer of tanh, or none; softmax over `outputs` classes, or with one output a plain number. */
export type Model = { inputs: number; hidden: number; outputs: number; weights: Float64Array[] }

export type Step = { step: number; loss: number; learning_rate: number; gradient_norm: number }

export function newModel(inputs: number, outputs: number, settings: Settings): Model {
  const random = seeded(settings.seed)
  const hidden = settings.hidden_units
  const layer = (from: number, to: number) => fill((from + 1) * to, () => random.normal() / Math.sqrt(from + 1))
  const weights = hidden ? [layer(inputs, hidden), layer(hidden, outputs)] : [layer(inputs, outputs)]
  return { inputs, hidden, outputs, weights }
}

/** Stochastic gradient descent with momentum; yields after each step, so that a caller may stop it or look at the model. */
export function* train(model: Model, sample: Sample, settings: Settings, steps: number): Generator<Step> {
  const random = seeded(settings.seed + 1)
  const velocity = model.weights.map((layer) => new Float64Array(layer.length))
  for (let step = 0; step < steps; step++) {
    const warm = Math.min(1, (step + 1) / (settings.warmup_steps + 1))
    const rate = settings.learning_rate * warm * 0.5 * (1 + Math.cos((Math.PI * step) / steps))
    const { loss, gradient } = batchGradient(model, sample, settings, random)
    let norm = 0
    model.weights.forEach((layer, index) => {
      const slope = at(gradient, index)
      const speed = at(velocity, index)
      for (let i = 0; i < layer.length; i++) {
        const pull = at(slope, i) / settings.batch_size + settings.l2 * at(layer, i)
        norm += pull * pull
        speed[i] = settings.momentum * at(speed, i) - rate * pull
        layer[i] = at(layer, i) + at(speed, i)
      }
    })
    yield { step, loss: loss / settings.batch_size, learning_rate: rate, gradient_norm: Math.sqrt(norm) }
  }
}

function batchGradient(model: Model, sample: Sample, settings: Settings, random: Random) {
  const gradient = model.weights.map((layer) => new Float64Array(layer.length))
  let loss = 0
  for (let i = 0; i < settings.batch_size; i++) {
    const row = random.below(sample.features.length)
    const features = at(sample.features, row)
    const middle = activations(model, features)
    const output = predict(model, features, middle)
    const wrong = output.slice()
    const target = at(sample.targets, row)
    loss += lossOf(output, target)
    if (model.outputs === 1) wrong[0] = at(output, 0) - target
    else wrong[target] = at(output, target) - 1
    backwards(model, gradient, features, middle, wrong)
  }
  return { loss, gradient }
}

function backwards(
  model: Model,
  gradient: Float64Array[],
  features: Float64Array,
  middle: Float64Array,
  wrong: Float64Array,
) {
  const top = at(model.weights, model.weights.length - 1)
  addOuter(at(gradient, gradient.length - 1), model.hidden ? middle : features, wrong)
  if (!model.hidden) return
  const below = new Float64Array(model.hidden)
  for (let unit = 0; unit < model.hidden; unit++) {
    let pull = 0
    for (let out = 0; out < model.outputs; out++) pull += at(wrong, out) * at(top, unit * model.outputs + out)
    below[unit] = pull * (1 - at(middle, unit) ** 2)
  }
  addOuter(at(gradient, 0), features, below)
}

// The two inner loops take all the time: they read without a check, and stay within lengths that newModel has set.

function addOuter(gradient: Float64Array, from: Float64Array, wrong: Float64Array) {
  const width = wrong.length
  for (let i = 0; i <= from.length; i++) {
    const value = i === from.length ? 1 : (from[i] as number)
    if (value === 0) continue
    const start = i * width
    for (let out = 0; out < width; out++) (gradient[start + out] as number) += value * (wrong[out] as number)
  }
}

function affine(layer: Float64Array, from: Float64Array, width: number): Float64Array {
  const result = layer.slice(from.length * width)
  for (let i = 0; i < from.length; i++) {
    const value = from[i] as number
    if (value === 0) continue
    const start = i * width
    for (let out = 0; out < width; out++) (result[out] as number) += value * (layer[start + out] as number)
  }
  return result
}

function activations(model: Model, features: Float64Array): Float64Array {
  if (!model.hidden) return features
  const middle = affine(at(model.weights, 0), features, model.hidden)
  for (let unit = 0; unit < middle.length; unit++) middle[unit] = Math.tanh(at(middle, unit))
  return middle
}

/** The probability of each class, or the one number. */
export function predict(model: Model, features: Float64Array, middle = activations(model, features)): Float64Array {
  const scores = affine(at(model.weights, model.weights.length - 1), middle, model.outputs)
  if (model.outputs === 1) return scores
  const highest = Math.max(...scores)
  let sum = 0
  for (let out = 0; out < scores.length; out++) {
    const power = Math.exp(at(scores, out) - highest)
    scores[out] = power
    sum += power
  }
  for (let out = 0; out < scores.length; out++) scores[out] = at(scores, out) / sum
  return scores
}

const lossOf = (output: Float64Array, target: number) =>
  output.length === 1 ? (at(output, 0) - target) ** 2 / 2 : -Math.log(Math.max(at(output, target), 1e-12))

export function meanLoss(predictions: Float64Array[], targets: Float64Array): number {
  return predictions.reduce((sum, output, row) => sum + lossOf(output, at(targets, row)), 0) / predictions.length
}

export const fill = (length: number, value: (index: number) => number) =>
  Float64Array.from({ length }, (_, index) => value(index))

/** An element that is there: the type checker cannot know the bounds, and a wrong index must not become NaN silently. */
export function at<T>(list: ArrayLike<T>, index: number): T {
  const found = list[index]
  if (found === undefined) throw new RangeError(`No element ${index} of ${list.length}`)
  return found
}
