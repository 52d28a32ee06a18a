/**
 * The number that a demand asks for, by the rule of `Split.between`: more at once, fewer only when every answer in the window was lower.
 */
export class Follower {
  private answers: { readonly at: number; readonly number: number }[] = [];

  constructor(private readonly min: number, private readonly max: number, private readonly window: number) {}

  /** The number after an answer at a second. */
  public after(at: number, answer: number): number {
    const number = Math.min(this.max, Math.max(this.min, answer));
    this.answers = [...this.answers.filter(each => at - each.at < this.window), { at, number }];
    return Math.max(...this.answers.map(each => each.number));
  }
}
