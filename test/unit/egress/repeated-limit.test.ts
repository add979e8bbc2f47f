import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RepeatedLimit } from '../../../src/egress/repeated-limit.ts';

describe('a time limit that is set anew with every piece', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('is over when it was neither lifted nor set anew, and once', () => {
    const late = vi.fn<() => void>();
    const limit = new RepeatedLimit(late);
    limit.set(100);
    vi.advanceTimersByTime(60);
    limit.set(100);
    vi.advanceTimersByTime(99);
    expect(late).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(late).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1000);
    expect(late).toHaveBeenCalledTimes(1);
  });

  test('is not over while it is lifted, however long that is', () => {
    const late = vi.fn<() => void>();
    const limit = new RepeatedLimit(late);
    limit.set(100);
    limit.lift();
    vi.advanceTimersByTime(10_000);
    expect(late).not.toHaveBeenCalled();
    limit.set(100);
    vi.advanceTimersByTime(100);
    expect(late).toHaveBeenCalledTimes(1);
  });

  test('that is shorter than the one before is over at its own time', () => {
    const late = vi.fn<() => void>();
    const limit = new RepeatedLimit(late);
    limit.set(10_000);
    limit.set(50);
    vi.advanceTimersByTime(49);
    expect(late).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(late).toHaveBeenCalledTimes(1);
  });

  test('that is none is never over and leaves no timer', () => {
    const late = vi.fn<() => void>();
    const limit = new RepeatedLimit(late);
    limit.set(Infinity);
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(1_000_000);
    expect(late).not.toHaveBeenCalled();
  });

  test('is over in time though the time of day was set back', () => {
    const late = vi.fn<() => void>();
    const limit = new RepeatedLimit(late);
    limit.set(100);
    vi.setSystemTime(Date.now() - 3_600_000);
    vi.advanceTimersByTime(100);
    expect(late).toHaveBeenCalledTimes(1);
  });

  test('uses one timer for a thousand pieces, and none after its end', () => {
    const set = vi.spyOn(globalThis, 'setTimeout');
    const limit = new RepeatedLimit(() => {});
    for (let piece = 0; piece < 1000; piece += 1) {
      limit.set(100);
      limit.lift();
    }
    expect(set).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(1);
    limit.end();
    expect(vi.getTimerCount()).toBe(0);
    set.mockRestore();
  });
});
