import { Follower } from '../../../bench/day/follower';

/** The numbers after answers that come every 5 s. */
function follow(...answers: number[]): number[] {
  const follower = new Follower(2, 6, 15);
  return answers.map((answer, i) => follower.after(5 * i, answer));
}

describe('The number', () => {
  test('is more at once', () => {
    expect(follow(2, 3, 5)).toEqual([2, 3, 5]);
  });

  test('is fewer when every answer in the window was lower, and then the highest of those', () => {
    expect(follow(5, 3, 4, 2, 2, 2)).toEqual([5, 5, 5, 4, 4, 2]);
  });

  test('is neither below the fewest nor above the most', () => {
    expect(follow(0, 9)).toEqual([2, 6]);
  });
});
