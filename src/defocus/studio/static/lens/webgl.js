// The little of WebGL2 that the renderer needs: programs, float targets, textures.

const RUN = 0; // where a program's only vertex attribute lies

/** Compiles in the background: nothing waits for it until it draws. */
export class Program {
  constructor(gl, vertex, fragment) {
    this.gl = gl;
    this.program = gl.createProgram();
    this.shaders = [
      [gl.VERTEX_SHADER, vertex],
      [gl.FRAGMENT_SHADER, fragment],
    ].map(([kind, source]) => {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(this.program, shader);
      return shader;
    });
    gl.bindAttribLocation(this.program, RUN, "run");
    gl.linkProgram(this.program);
    this.places = null;
  }

  #finish() {
    const { gl } = this;
    this.places = new Map();
    if (!gl.getProgramParameter(this.program, gl.LINK_STATUS) && !gl.isContextLost()) {
      const logs = this.shaders.map((shader) => gl.getShaderInfoLog(shader));
      throw new Error(`The lens shader failed: ${[gl.getProgramInfoLog(this.program), ...logs]}`);
    }
    for (const shader of this.shaders) gl.deleteShader(shader);
  }

  #place(name) {
    if (!this.places.has(name)) {
      this.places.set(name, this.gl.getUniformLocation(this.program, name));
    }
    return this.places.get(name);
  }

  /**
   * Draw into the current target.
   *
   * @param {object} inputs by uniform name: a number, an array of 2 or 4, a texture,
   *   `{int: number}` or `{vec4: Float32Array}`
   * @param {Runs} runs where
   */
  draw(inputs, runs) {
    const { gl } = this;
    if (runs.count === 0) return;
    gl.useProgram(this.program);
    if (this.places === null) this.#finish();
    let unit = 0;
    for (const [name, value] of Object.entries(inputs)) {
      const place = this.#place(name);
      if (typeof value === "number") gl.uniform1f(place, value);
      else if (Array.isArray(value)) gl[`uniform${value.length}fv`](place, value);
      else if (value instanceof Texture) {
        gl.activeTexture(gl.TEXTURE0 + unit);
        gl.bindTexture(gl.TEXTURE_2D, value.handle);
        gl.uniform1i(place, unit);
        unit += 1;
      } else if ("int" in value) gl.uniform1i(place, value.int);
      else gl.uniform4fv(place, value.vec4);
    }
    gl.uniform2fv(this.#place("runStep"), runs.step);
    gl.bindBuffer(gl.ARRAY_BUFFER, runs.buffer);
    gl.enableVertexAttribArray(RUN);
    gl.vertexAttribPointer(RUN, 4, gl.FLOAT, false, 0, 0);
    gl.vertexAttribDivisor(RUN, 1);
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, runs.count);
  }
}

/** Rectangles of a picture to draw into: left, top, right, bottom, counted in steps. */
export class Runs {
  constructor(gl) {
    this.gl = gl;
    this.buffer = gl.createBuffer();
    this.count = 0;
  }

  /**
   * @param {Float32Array} rectangles four numbers each
   * @param {number[]} step size of a step as a fraction of the picture
   */
  set(rectangles, step) {
    const { gl } = this;
    this.count = rectangles.length / 4;
    this.step = step;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    gl.bufferData(gl.ARRAY_BUFFER, rectangles, gl.STREAM_DRAW);
    return this;
  }
}

class Texture {
  constructor(gl) {
    this.gl = gl;
    this.handle = gl.createTexture();
  }

  delete() {
    this.gl.deleteTexture(this.handle);
  }
}

/** A new texture, bound, that repeats its edge beyond the border. */
export function createTexture(gl, filter) {
  const texture = new Texture(gl);
  gl.activeTexture(gl.TEXTURE0);
  gl.bindTexture(gl.TEXTURE_2D, texture.handle);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, filter);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
  return texture;
}

/** Textures of one size to draw into. */
export class Target {
  constructor(gl, width, height, formats) {
    this.gl = gl;
    this.width = width;
    this.height = height;
    this.textures = formats.map((format) => {
      const texture = createTexture(gl, gl.LINEAR);
      gl.texStorage2D(gl.TEXTURE_2D, 1, format, width, height);
      return texture;
    });
    this.handle = gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.handle);
    this.textures.forEach((texture, index) => {
      const attachment = gl.COLOR_ATTACHMENT0 + index;
      gl.framebufferTexture2D(gl.FRAMEBUFFER, attachment, gl.TEXTURE_2D, texture.handle, 0);
    });
    gl.drawBuffers(formats.map((_, index) => gl.COLOR_ATTACHMENT0 + index));
  }

  bind() {
    const { gl } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.handle);
    gl.viewport(0, 0, this.width, this.height);
  }

  clear() {
    const { gl } = this;
    this.bind();
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
  }

  delete() {
    for (const texture of this.textures) texture.delete();
    this.gl.deleteFramebuffer(this.handle);
  }
}
