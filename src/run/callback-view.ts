/** What a run's callback is told. */
export type CallbackType = 'run.completed' | 'run.failed' | 'run.action_required';

/** One message to the callback and what became of it. Times are milliseconds since 1970. */
export interface CallbackDelivery {
  readonly type: CallbackType;
  /** Its `webhook-id`, the same at every try. */
  readonly id: string;
  /** Tries so far. */
  readonly attempts: number;
  /** When the receiver took it; null until then. */
  readonly delivered_at: number | null;
  /** When it is tried again; null when it is not. */
  readonly next_at: number | null;
}

/** What the owner of a run may know of its callback; never the address. */
export interface CallbackView {
  /** Whether the receiver said that it wants nothing more. */
  readonly disabled: boolean;
  readonly events: readonly CallbackDelivery[];
}
