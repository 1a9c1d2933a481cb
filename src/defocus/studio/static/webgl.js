// The little of WebGL2 that the renderer needs: programs, float targets, textures.

export class Program {
  constructor(gl, vertex, fragment) {
    this.gl = gl;
    this.program = gl.createProgram();
    for (const [kind, source] of [
      [gl.VERTEX_SHADER, vertex],
      [gl.FRAGMENT_SHADER, fragment],
    ]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(this.program, shader);
      gl.deleteShader(shader);
      this.#check(gl.getShaderParameter(shader, gl.COMPILE_STATUS), gl.getShaderInfoLog(shader));
    }
    gl.linkProgram(this.program);
    const linked = gl.getProgramParameter(this.program, gl.LINK_STATUS);
    this.#check(linked, gl.getProgramInfoLog(this.program));
    this.places = new Map();
  }

  #check(fine, log) {
    if (!fine && !this.gl.isContextLost()) throw new Error(`The lens shader failed: ${log}`);
  }

  #place(name) {
    if (!this.places.has(name)) {
      this.places.set(name, this.gl.getUniformLocation(this.program, name));
    }
    return this.places.get(name);
  }

  /**
   * Fill the current target.
   *
   * @param {object} inputs by uniform name: a number, an array of 2 or 4, a texture,
   *   `{int: number}` or `{vec4: Float32Array}`
   */
  draw(inputs) {
    const { gl } = this;
    gl.useProgram(this.program);
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
    gl.drawArrays(gl.TRIANGLES, 0, 3);
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

  draw(program, inputs) {
    const { gl } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.handle);
    gl.viewport(0, 0, this.width, this.height);
    program.draw(inputs);
  }

  delete() {
    for (const texture of this.textures) texture.delete();
    this.gl.deleteFramebuffer(this.handle);
  }
}
