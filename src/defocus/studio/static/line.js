// Photos in the order in which the server takes them up: only those whose turn is near ask it how
// far they are. Thirty that all ask take a tenth of the processor from what they wait for.

const NEAR = 3; // the server is at two

export class Line {
  #waiting = [];

  join(photo) {
    this.#waiting.push(photo);
  }

  leave(photo) {
    this.#waiting = this.#waiting.filter((other) => other !== photo);
  }

  isNear(photo) {
    return this.#waiting.slice(0, NEAR).includes(photo);
  }
}
