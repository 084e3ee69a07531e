import type { Shot } from "./shot.js";

/** One shot at each, one soon after the other, so that the machine was much the same for all. */
export type Round<Name extends string> = Readonly<Record<Name, Shot>>;

/** Takes a shot of so many seconds at something. */
export type Shoot = (seconds: number) => Promise<Shot>;

const WARM_SECONDS = 1;

/** Shoots at all in turns, every other time from the last to the first. */
export async function shootRounds<Name extends string>(
  at: Readonly<Record<Name, Shoot>>,
  { pairs, seconds }: { readonly pairs: number; readonly seconds: number },
  say: (text: string) => void,
): Promise<Round<Name>[]> {
  const names = Object.keys(at) as Name[];
  say("warming up");
  for (const name of names) await at[name](WARM_SECONDS);
  const rounds: Round<Name>[] = [];
  while (rounds.length < pairs) {
    say(`round ${rounds.length + 1} of ${pairs}`);
    const shots: Partial<Record<Name, Shot>> = {};
    for (const name of rounds.length % 2 === 0 ? names : names.toReversed()) shots[name] = await at[name](seconds);
    rounds.push(shots as Round<Name>);
  }
  return rounds;
}
