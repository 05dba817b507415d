/**
 * One caller goes on per turn of the event loop, in the order in which they came. Whatever else waits for the loop gets in
 * between any two of them, however many there are.
 */
export class LoopTurns {
  #waiting: (() => void)[] = [];
  #isDue = false;

  take(goOn: () => void): void {
    this.#waiting.push(goOn);
    this.#plan();
  }

  #plan(): void {
    if (this.#isDue || this.#waiting.length === 0) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      const goOn = this.#waiting.shift();
      this.#plan();
      goOn?.();
    });
  }
}
