/** From values to places along one axis of a chart. */
export interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

const STEPS = [1, 2, 2.5, 5, 10];

/** From 0 to a round number that is no less than `max`. `length`: where that is, from the place of 0. */
export function linear(max: number, from: number, to: number, ticks = 4): Scale {
  const rough = (max > 0 ? max : 1) / ticks;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (STEPS.find((each) => each * power >= rough * 0.999) ?? 10) * power;
  const count = Math.max(1, Math.ceil((max > 0 ? max : 1) / step - 1e-9));
  const top = step * count;
  return {
    at: (value) => from + ((to - from) * value) / top,
    ticks: Array.from({ length: count + 1 }, (_, tick) => tick * step),
  };
}

/** From 0 to `max` exactly, for an axis along which a chart is to be as wide as its frame. */
export function linearTo(max: number, from: number, to: number): Scale {
  const end = max > 0 ? max : 1;
  return {
    at: (value) => from + ((to - from) * value) / end,
    ticks: linear(end, from, to).ticks.filter((tick) => tick <= end * 1.001),
  };
}

/** From `min` to `max` exactly, both above 0; a single value stands in the middle. It has no ticks of its own. */
export function logarithmicBetween(min: number, max: number, from: number, to: number): Scale {
  const decades = Math.log10(max / min);
  return {
    at: (value) => from + (to - from) * (decades === 0 ? 0.5 : Math.log10(value / min) / decades),
    ticks: [],
  };
}

/** From the power of ten that is no more than `min` to the one that is no less than `max`. Both are above 0. */
export function logarithmic(min: number, max: number, from: number, to: number): Scale {
  const low = Math.floor(Math.log10(min) + 1e-9);
  const high = Math.max(low + 1, Math.ceil(Math.log10(max) - 1e-9));
  return {
    at: (value) => from + ((to - from) * (Math.log10(Math.max(value, 10 ** low)) - low)) / (high - low),
    ticks: Array.from({ length: high - low + 1 }, (_, power) => 10 ** (low + power)),
  };
}
