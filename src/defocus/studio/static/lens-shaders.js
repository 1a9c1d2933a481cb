// GLSL of the lens renderer. Light is linear everywhere between the photo and `composite`.
//
// Names: `photo` is the source picture as light, `encodedPhoto` as code values, a *cell* a pixel of the (smaller) grid on which blur is
// gathered, a *tile* a block of TILE × TILE cells. Radii are signed, positive in front of the focal
// plane; in `prepare` and later they count cells.

export const TILE = 8;
export const MAX_POINTS = 64;

export const FULL_SCREEN = `#version 300 es
out vec2 uv;
void main() {
  vec2 corner = vec2(float((gl_VertexID << 1) & 2), float(gl_VertexID & 2));
  uv = corner;
  gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}`;

const HEADER = `#version 300 es
precision highp float;
precision highp sampler2D;
`;

// Signed blur radius in pixels of the source picture: defocus.optics.radius_px.
const RADIUS = `
uniform sampler2D depth;        // disparity, weight of the subject
uniform float planeDisparity, planeRange, gain, foreground, holdsSubject;

float radiusOf(vec2 depthAndSubject) {
  float offset = depthAndSubject.x - planeDisparity;
  offset = sign(offset) * max(abs(offset) - 0.5 * planeRange, 0.0);
  float radius = offset * gain * (offset > 0.0 ? foreground : 1.0);
  return radius * (1.0 - holdsSubject * depthAndSubject.y);
}
`;

// Photo → cells: what lies behind the focal plane and what lies before it, each with its radius.
export const PREPARE = `${HEADER}${RADIUS}
uniform sampler2D photo;
uniform sampler2D alphaMatte;
uniform float hasMatte;
uniform vec2 photoSize;
uniform float cellPx;           // photo pixels per cell
uniform int side;               // samples per cell along one axis
uniform float gainAmount, gainThreshold;
uniform float aroundLod;        // mip level whose pixels are 3 % of the picture's diagonal
in vec2 uv;
layout(location = 0) out vec4 farCell;   // light; |radius|, 0 = in focus, -1 = nothing there
layout(location = 1) out vec4 nearCell;  // light · coverage; coverage
layout(location = 2) out vec4 nearRadius;

const float SHARP = 0.35;  // radius in cells under which a sample stays with the sharp picture

// Clipped lights get back the energy that the sensor lost (see defocus.render.lens): fully where
// the mean light around them is below 0.2, not at all above 0.5; and by their blur, in pixels. The
// threshold is a code value.
float highlight(vec3 light, vec2 at, float radius) {
  float brightest = max(light.r, max(light.g, light.b));
  if (gainAmount == 0.0 || brightest < 0.2) return 1.0;
  float code = 1.055 * pow(brightest, 1.0 / 2.4) - 0.055;
  float t = clamp((code - gainThreshold) / max(1.0 - gainThreshold, 1e-3), 0.0, 1.0);
  if (t == 0.0) return 1.0;
  float around = dot(textureLod(photo, at, aroundLod).rgb, vec3(0.2126, 0.7152, 0.0722));
  float dark = clamp((0.5 - around) / 0.3, 0.0, 1.0);
  dark *= dark * (3.0 - 2.0 * dark);
  float full = 0.004 * length(photoSize);
  float blurred = smoothstep(0.25 * full, full, abs(radius));
  return 1.0 + 15.0 * gainAmount * t * t * (3.0 - 2.0 * t) * dark * blurred;
}

void main() {
  vec4 behind = vec4(0.0), before = vec4(0.0), focused = vec4(0.0);
  float behindRadius = 0.0, beforeRadius = 0.0;
  float lod = max(0.0, log2(cellPx / float(side)));
  for (int j = 0; j < side; j++) {
    for (int i = 0; i < side; i++) {
      vec2 place = (vec2(i, j) + 0.5) / float(side) - 0.5;
      vec2 at = uv + place * cellPx / photoSize;
      float radius = radiusOf(texture(depth, at).rg) / cellPx;
      vec3 light = textureLod(photo, at, lod).rgb;
      light *= highlight(light, at, radius * cellPx);
      float solid = hasMatte > 0.0 ? texture(alphaMatte, at).r : 1.0;
      float blurred = smoothstep(SHARP, 2.0 * SHARP, abs(radius));
      if (radius < 0.0) {
        behind += vec4(light, 1.0) * blurred;
        behindRadius -= radius * blurred;
      } else {
        before += vec4(light, 1.0) * blurred;
        beforeRadius += radius * blurred;
      }
      focused += vec4(light, 1.0) * (1.0 - blurred) * solid;
    }
  }
  float samples = float(side * side);
  if (behind.a > 0.0) {
    farCell = vec4(behind.rgb / behind.a, behindRadius / behind.a);
  } else if (focused.a > 0.0) {
    farCell = vec4(focused.rgb / focused.a, 0.0);
  } else {
    farCell = vec4(0.0, 0.0, 0.0, -1.0);
  }
  nearCell = before / samples;
  nearRadius = vec4(before.a > 0.0 ? beforeRadius / before.a : 0.0, 0.0, 0.0, 1.0);
}`;

// Cells → tiles: the largest radius before and behind the focal plane.
export const TILES = `${HEADER}
uniform sampler2D farCells, nearRadii;
out vec4 largest;
void main() {
  ivec2 first = ivec2(gl_FragCoord.xy) * ${TILE};
  ivec2 last = textureSize(farCells, 0) - 1;
  vec2 most = vec2(0.0);
  for (int j = 0; j < ${TILE}; j++) {
    for (int i = 0; i < ${TILE}; i++) {
      ivec2 at = min(first + ivec2(i, j), last);
      most.x = max(most.x, texelFetch(nearRadii, at, 0).r);
      most.y = max(most.y, texelFetch(farCells, at, 0).a);
    }
  }
  largest = vec4(most, 0.0, 1.0);
}`;

// Tiles → tiles: what can reach this one from around it.
export const SPREAD = `${HEADER}
uniform sampler2D tiles;
uniform int reach;              // in tiles
out vec4 largest;
void main() {
  ivec2 here = ivec2(gl_FragCoord.xy);
  ivec2 last = textureSize(tiles, 0) - 1;
  vec2 most = texelFetch(tiles, here, 0).rg;
  for (int j = -reach; j <= reach; j++) {
    for (int i = -reach; i <= reach; i++) {
      ivec2 at = clamp(here + ivec2(i, j), ivec2(0), last);
      vec2 there = texelFetch(tiles, at, 0).rg;
      // A tile's nearest cell lies one tile closer than its index says.
      float gap = float((max(abs(i), abs(j)) - 1) * ${TILE});
      most = max(most, there * step(gap, there * 1.6));
    }
  }
  largest = vec4(most, 0.0, 1.0);
}`;

// Cells → blurred cells. Each sample counts if its own blur disc covers this cell, and in
// proportion to one over its area: a scatter, read backwards.
export const GATHER = `${HEADER}
uniform sampler2D farCells, nearCells, nearRadii, tiles;
uniform vec4 points[${MAX_POINTS}];
uniform int pointCount;
uniform float hasMatte;
uniform float jitter;           // 0 to 1: share of the gap between points
uniform float catEye;
uniform float squeeze;          // square root of the lens's
uniform vec4 window;            // offset and size of the source within the whole picture
layout(location = 0) out vec4 behindOut;  // light · validity; validity
layout(location = 1) out vec4 beforeOut;  // light · alpha; alpha

vec2 noise(vec2 at) {
  // Interleaved gradient noise (Jimenez 2014), twice.
  float a = fract(52.9829189 * fract(dot(at, vec2(0.06711056, 0.00583715))));
  float b = fract(52.9829189 * fract(dot(at + 47.0, vec2(0.00583715, 0.06711056))));
  return vec2(a, b) - 0.5;
}

void main() {
  ivec2 here = ivec2(gl_FragCoord.xy);
  ivec2 size = textureSize(farCells, 0);
  vec4 mine = texelFetch(farCells, here, 0);
  vec2 reach = texelFetch(tiles, here / ${TILE}, 0).rg;

  // The barrel clips the aperture by the same disc, moved towards the picture's centre.
  vec2 place = window.xy + window.zw * gl_FragCoord.xy / vec2(size);
  vec2 clipCentre = -catEye * vec2(0.8, 0.6) * (2.0 * place - 1.0);
  vec2 unsqueeze = vec2(1.0 / squeeze, squeeze);
  vec2 shift = noise(gl_FragCoord.xy) * jitter * 1.77 * inversesqrt(float(pointCount));

  behindOut = mine.a == 0.0 ? vec4(0.0) : vec4(max(mine.rgb, 0.0), 1.0) * step(0.0, mine.a);
  // Cells without anything behind the plane need it where something blurred lies before them, or
  // where they are see-through.
  bool hidden = mine.a <= 0.0;
  float radius = hidden ? max(reach.y, reach.x) * step(0.01, reach.x + hasMatte) : mine.a;
  if (radius > 0.0) {
    vec4 sum = hidden ? vec4(0.0) : vec4(mine.rgb, 1.0) / max(radius * radius, 1.0) * 0.5;
    for (int i = 0; i < pointCount; i++) {
      vec4 point = points[i];
      vec2 offset = point.xy + shift;
      vec2 clipped = point.xy * unsqueeze - clipCentre;
      if (catEye > 0.0 && dot(clipped, clipped) > 1.0) continue;
      ivec2 at = clamp(here - ivec2(round(offset * radius)), ivec2(0), size - 1);
      vec4 there = texelFetch(farCells, at, 0);
      float spread = min(there.a, radius);
      float covers = clamp(spread - point.z * radius + 0.75, 0.0, 1.0) * step(0.001, spread);
      float weight = point.w * covers / max(spread * spread, 1.0);
      if (hidden) weight += 1e-4 * step(0.0, there.a) * (1.0 + 50.0 * step(0.001, there.a));
      sum += vec4(there.rgb, 1.0) * weight;
    }
    behindOut = sum.a > 0.0 ? vec4(sum.rgb / sum.a, 1.0) : vec4(max(mine.rgb, 0.0), 1.0);
  }

  beforeOut = vec4(0.0);
  if (reach.x > 0.0) {
    float widest = max(reach.x, 0.5);
    for (int i = 0; i < pointCount; i++) {
      vec4 point = points[i];
      vec2 clipped = point.xy * unsqueeze - clipCentre;
      if (catEye > 0.0 && dot(clipped, clipped) > 1.0) continue;
      vec2 offset = point.xy + shift;
      ivec2 at = clamp(here - ivec2(round(offset * widest)), ivec2(0), size - 1);
      vec4 there = texelFetch(nearCells, at, 0);
      if (there.a == 0.0) continue;
      float spread = texelFetch(nearRadii, at, 0).r;
      float covers = clamp(spread - point.z * widest + 0.5, 0.0, 1.0);
      beforeOut += there * point.w * covers * widest * widest / max(spread * spread, 0.5);
    }
    beforeOut /= float(pointCount);
    // More than one surface covers: no pixel is more than opaque.
    if (beforeOut.a > 1.0) beforeOut /= beforeOut.a;
  }
}`;

const ENCODE = `
vec3 encode(vec3 light) {
  vec3 v = clamp(light, 0.0, 1.0);
  return mix(12.92 * v, 1.055 * pow(max(v, 1e-6), vec3(1.0 / 2.4)) - 0.055, step(0.0031308, v));
}
`;

// Blurred cells → what a pixel without anything sharp shows, already encoded, so that the screen's
// many pixels need little work. Alpha: whether something blurred lies before.
export const ENCODE_CELLS = `${HEADER}${ENCODE}
uniform sampler2D behindCells, beforeCells;
uniform int smoothing;          // reach of a small tent, for where few points were gathered
layout(location = 0) out vec4 encoded;
layout(location = 1) out vec4 behindOut;
layout(location = 2) out vec4 beforeOut;
void main() {
  ivec2 here = ivec2(gl_FragCoord.xy);
  ivec2 last = textureSize(behindCells, 0) - 1;
  behindOut = vec4(0.0);
  beforeOut = vec4(0.0);
  for (int j = -smoothing; j <= smoothing; j++) {
    for (int i = -smoothing; i <= smoothing; i++) {
      float weight = (i == 0 ? 2.0 : 1.0) * (j == 0 ? 2.0 : 1.0);
      ivec2 at = clamp(here + ivec2(i, j), ivec2(0), last);
      behindOut += weight * texelFetch(behindCells, at, 0);
      beforeOut += weight * texelFetch(beforeCells, at, 0);
    }
  }
  float total = smoothing == 0 ? 4.0 : 16.0;
  behindOut /= total;
  beforeOut /= total;
  vec3 behind = behindOut.rgb / max(behindOut.a, 1e-4);
  encoded = vec4(encode(beforeOut.rgb + behind * (1.0 - beforeOut.a)), step(1e-3, beforeOut.a));
}`;

// Photo and blurred cells → the screen.
export const COMPOSITE = `${HEADER}${RADIUS}${ENCODE}
uniform sampler2D photo, encodedPhoto, original, encodedCells, behindCells, beforeCells, alphaMatte;
uniform float hasMatte;
uniform float softPx;           // radius in photo pixels at which the sharp picture has gone
uniform float split;            // original left of this fraction of the width
uniform int overlay;            // 0 none, 1 disparity, 2 focus peaking
uniform vec2 photoSize;
uniform bool oneToOne;          // the screen has a pixel for each of the photo
uniform float shrunk;           // else this power of two fewer
in vec2 uv;
out vec4 colour;

// Turbo (Mikhailov 2019), polynomial fit.
vec3 turbo(float x) {
  x = clamp(x, 0.0, 1.0);
  vec4 v4 = vec4(1.0, x, x * x, x * x * x);
  vec2 v2 = v4.zw * v4.z;
  return vec3(
    dot(v4, vec4(0.13572138, 4.61539260, -42.66032258, 132.13108234)) +
      dot(v2, vec2(-152.94239396, 59.28637943)),
    dot(v4, vec4(0.09140261, 2.19418839, 4.84296658, -14.18503333)) +
      dot(v2, vec2(4.27729857, 2.82956604)),
    dot(v4, vec4(0.10667330, 12.64194608, -60.58204836, 110.36276771)) +
      dot(v2, vec2(-89.90310912, 27.34824973)));
}

float luma(vec2 at) {
  return dot(texture(encodedPhoto, at).rgb, vec3(0.3, 0.6, 0.1));
}

vec3 withOverlay(vec3 encoded, vec2 at, float radius) {
  if (overlay == 1) {
    float disparity = texture(depth, at).r;
    vec3 tint = mix(vec3(luma(at)), turbo(disparity), 0.72);
    return abs(radius) < 0.5 ? mix(tint, vec3(1.0), 0.18) : tint;
  }
  vec2 px = 1.5 / photoSize;
  float edge = abs(luma(at + vec2(px.x, 0.0)) - luma(at - vec2(px.x, 0.0))) +
               abs(luma(at + vec2(0.0, px.y)) - luma(at - vec2(0.0, px.y)));
  float marked = smoothstep(0.08, 0.2, edge) * (1.0 - smoothstep(0.4, 1.0, abs(radius)));
  return mix(encoded, vec3(1.0, 0.62, 0.16), marked);
}

vec3 photoAt(vec2 at) {
  if (oneToOne) return texelFetch(encodedPhoto, ivec2(at * photoSize), 0).rgb;
  return textureLod(encodedPhoto, at, shrunk).rgb;
}

// Sharp and blurred meet in this pixel: mixed as light.
vec3 mixed(vec2 at, float gone, float solid) {
  vec3 sharp = textureLod(photo, at, 0.0).rgb;
  vec4 behind = textureLod(behindCells, at, 0.0);
  vec4 before = textureLod(beforeCells, at, 0.0);
  vec3 blurred = behind.a > 0.01 ? behind.rgb / behind.a : sharp;
  vec3 light = mix(blurred, mix(sharp, blurred, gone), solid);
  return encode(before.rgb + light * (1.0 - before.a));
}

void main() {
  vec2 at = vec2(uv.x, 1.0 - uv.y);
  if (uv.x < split) {
    colour = textureLod(original, at, shrunk);
    return;
  }
  float radius = radiusOf(texelFetch(depth, ivec2(at * vec2(textureSize(depth, 0))), 0).rg);
  float gone = smoothstep(0.25 * softPx, softPx, abs(radius));
  float solid = hasMatte > 0.0 ? textureLod(alphaMatte, at, 0.0).r : 1.0;
  vec4 cells = textureLod(encodedCells, at, 0.0);
  vec3 encoded = cells.rgb;
  if (gone < 1.0 || solid < 1.0) {
    if (gone == 0.0 && cells.a == 0.0 && solid == 1.0) encoded = photoAt(at);
    else encoded = mixed(at, gone, solid);
  }
  if (overlay != 0) encoded = withOverlay(encoded, at, radius);
  colour = vec4(encoded, 1.0);
}`;

// One direction of a box filter over code values, as the blog's method blurs.
export const BOX = `${HEADER}
uniform sampler2D picture;
uniform vec2 photoSize, along;
uniform float box;              // width in pixels
in vec2 uv;
out vec4 mean;
const float MOST = 64.0;
void main() {
  float taps = min(box, MOST);
  vec2 pitch = along * box / taps / photoSize;
  vec4 sum = vec4(0.0);
  for (float i = 0.0; i < taps; i++) {
    sum += textureLod(picture, uv + pitch * (i - 0.5 * (taps - 1.0)), 0.0);
  }
  mean = sum / taps;
}`;

// What lies behind the threshold is blurred, the rest is not.
export const MASK_COMPOSITE = `${HEADER}
uniform sampler2D encodedPhoto, depth, blurred;
uniform float threshold, split;
in vec2 uv;
out vec4 colour;
void main() {
  vec2 at = vec2(uv.x, 1.0 - uv.y);
  bool sharp = uv.x < split || textureLod(depth, at, 0.0).r >= threshold;
  colour = sharp ? textureLod(encodedPhoto, at, 0.0) : textureLod(blurred, at, 0.0);
}`;
