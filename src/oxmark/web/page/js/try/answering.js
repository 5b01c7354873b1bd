// Answers while one draws: never two requests at a time, and always the newest drawing.
//
// const answering = new Answering({ask, show, fail}); answering.want({final: true})
//   ask({final}) sends what there is now and gives the answer, or null where there is nothing to ask;
//   show(answer), fail(error). `final` is false while a stroke grows.

const LEAST_BETWEEN = 1000 / 30;

export class Answering {
  constructor({ ask, show, fail }) {
    Object.assign(this, { ask, show, fail });
    this.wanted = null;
    this.underway = false;
    this.turn = 0;
    this.last = 0;
    this.took = 0;
  }

  want({ final = true } = {}) {
    this.wanted = { final: final || Boolean(this.wanted?.final) };
    if (!this.underway) this.#go();
  }

  /** What is asked now is no longer of interest. */
  drop() {
    this.turn += 1;
    this.wanted = null;
  }

  async #go() {
    this.underway = true;
    try {
      while (this.wanted) {
        await this.#pause();
        if (this.wanted) await this.#one();
      }
    } finally {
      this.underway = false;
    }
  }

  #pause() {
    const wait = this.wanted.final ? 0 : this.last + LEAST_BETWEEN - performance.now();
    return wait > 1
      ? new Promise((done) => {
          setTimeout(done, wait);
        })
      : null;
  }

  async #one() {
    const job = this.wanted;
    const turn = this.turn;
    this.wanted = null;
    this.last = performance.now();
    try {
      const answer = await this.ask(job);
      this.took = performance.now() - this.last;
      if (turn === this.turn) this.show(answer);
    } catch (error) {
      if (turn === this.turn) this.fail(error);
    }
  }
}
