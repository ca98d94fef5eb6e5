import { at } from './learn.ts'
import type { Canvas } from './png.ts'
import { canvas } from './png.ts'
import type { RocPoint } from './scores.ts'

const ink = 0x1f2933
const faint = 0xd9dee3
const petrol = 0x0e7c86
const amber = 0xc77700
const margin = 44

/** A plane of 0..1 by 0..1 with ticks, drawn in pixels. */
function plane(title: string, width: number, height: number, ticks: { x: string[]; y: string[] }) {
  const sheet = canvas(width, height)
  const place = (x: number, y: number): [number, number] => [
    margin + x * (width - 2 * margin),
    height - margin - y * (height - 2 * margin),
  ]
  sheet.text(margin, 14, title, ink)
  ticks.x.forEach((label, index) => {
    const [x, y] = place(index / (ticks.x.length - 1), 0)
    sheet.line([x, margin], [x, y], faint)
    sheet.text(x - label.length * 4, y + 10, label, ink)
  })
  ticks.y.forEach((label, index) => {
    const [x, y] = place(0, index / (ticks.y.length - 1))
    sheet.line([x, y], [width - margin, y], faint)
    sheet.text(x - 6 - label.length * 8, y - 5, label, ink)
  })
  return { sheet, place }
}

function path(sheet: Canvas, points: [number, number][], colour: number) {
  for (let i = 1; i < points.length; i++) sheet.line(at(points, i - 1), at(points, i), colour)
}

export function rocPlot(curve: RocPoint[], area: number) {
  const quarters = ['0', '.25', '.5', '.75', '1']
  const { sheet, place } = plane(`caught by false alarms  auc ${area.toFixed(3)}`, 480, 480, {
    x: quarters,
    y: quarters,
  })
  path(sheet, [place(0, 0), place(1, 1)], faint)
  path(sheet, [place(0, 0), ...curve.map((point) => place(point.false_alarms, point.caught))], petrol)
  return sheet.png()
}

export function confusionPlot(counts: number[][], names: string[]) {
  const cell = 64
  const left = 160
  const sheet = canvas(left + cell * names.length + 24, 72 + cell * names.length)
  sheet.text(left, 14, 'model said', ink)
  counts.forEach((line, row) => {
    const total = line.reduce((sum, count) => sum + count, 0)
    sheet.text(10, 48 + row * cell + cell / 2, at(names, row), ink)
    line.forEach((count, column) => {
      const share = count / total
      const shade = (from: number, to: number) => Math.round(from + (to - from) * share)
      sheet.box(
        left + column * cell,
        48 + row * cell,
        cell - 2,
        cell - 2,
        (shade(245, 14) << 16) | (shade(247, 124) << 8) | shade(248, 134),
      )
      sheet.text(left + column * cell + 20, 48 + row * cell + cell / 2 - 4, String(count), share > 0.5 ? 0xffffff : ink)
    })
    sheet.text(left + row * cell + 4, 32, at(names, row).slice(0, 7), ink)
  })
  return sheet.png()
}

/** What happened and what the model said, one week after the other. */
export function forecastPlot(title: string, actual: number[], said: number[]) {
  const top = Math.ceil(Math.max(...actual, ...said) / 50) * 50
  const last = actual.length - 1
  const x = Array.from({ length: 5 }, (_, index) => String(Math.round((last * index) / 4) + 1))
  const y = Array.from({ length: 5 }, (_, index) => String(Math.round((top * index) / 4)))
  const { sheet, place } = plane(title, 720, 360, { x, y })
  const curve = (values: number[]) => values.map((value, index) => place(index / last, value / top))
  path(sheet, curve(actual), ink)
  path(sheet, curve(said), amber)
  sheet.text(margin + 8, margin + 6, 'actual', ink)
  sheet.text(margin + 72, margin + 6, 'forecast', amber)
  return sheet.png()
}
