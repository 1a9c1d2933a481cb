var L=i=>Math.max(1,.7*i);var Z=`#version 300 es
in vec4 run;                    // left, top, right, bottom in steps
uniform vec2 runStep;           // one step as a fraction of the picture
uniform vec2 extent;            // of what is drawn into, which may be larger than the picture
uniform float upright;          // -1 turns it upside down
out vec2 at;                    // fraction of the picture from its upper left corner
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  at = min(mix(run.xy, run.zw, corner) * runStep, extent);
  gl_Position = vec4((at / extent * 2.0 - 1.0) * vec2(1.0, upright), 0.0, 1.0);
}`,M=`#version 300 es
precision highp float;
precision highp sampler2D;
in vec2 at;
`,P=`
uniform sampler2D depth;        // disparity, weight of the subject
uniform float planeDisparity, planeRange, gain, foreground, holdsSubject;

float radiusOf(vec2 depthAndSubject) {
  float offset = depthAndSubject.x - planeDisparity;
  offset = sign(offset) * max(abs(offset) - 0.5 * planeRange, 0.0);
  float radius = offset * gain * (offset > 0.0 ? foreground : 1.0);
  return radius * (1.0 - holdsSubject * depthAndSubject.y);
}
`;var w=16,S=1,Q=.002,y=1.6,I=class{constructor(t,e,s=null){this.across=Math.ceil(t.width/w),this.down=Math.ceil(t.height/w);let{width:o,height:n}=t;this.width=o,this.height=n,this.disparity=this.#t(t.values),this.subject=e&&this.#t(e),this.alpha=s&&this.#t(s)}update(t,{left:e,top:s,right:o,bottom:n}){let r=l=>Math.max(0,Math.floor((l-S)/w)),a=(l,c)=>Math.min(c,Math.ceil((l+S)/w)),h=[r(e),a(o,this.across)];this.#s(this.disparity,t,h,[r(s),a(n,this.down)])}#t(t){let e=this.across*this.down,s={least:new t.constructor(e),most:new t.constructor(e)};return this.#s(s,t,[0,this.across],[0,this.down]),s}#s({least:t,most:e},s,o,n){let{across:r,width:a,height:h}=this;for(let l=n[0];l<n[1];l++){let c=Math.max(0,l*w-S),u=Math.min(h,(l+1)*w+S);for(let d=o[0];d<o[1];d++){let p=Math.max(0,d*w-S),f=Math.min(a,(d+1)*w+S),m=s[c*a+p],g=m;for(let x=c;x<u;x++)for(let v=x*a+p;v<x*a+f;v++){let b=s[v];b<m?m=b:b>g&&(g=b)}t[l*r+d]=m,e[l*r+d]=g}}}sort(t,e,s=null){let o=.35*e,n=L(e),r=this.across*this.down,a=new Float32Array(r),h=new Float32Array(r),l=new Float32Array(r);this.#i(t,a,h,l);let c=2*e;l.forEach((f,m)=>{l[m]=f>o?y*f+c+w:0}),rt(l,this.across,this.down);let u=new Uint8Array(r),d=new Uint8Array(r);for(let f=0;f<r;f++){let m=l[f]>0,g=this.alpha===null||this.alpha.least[f]===255,x=h[f]<=o&&g;u[f]=m?st:x?tt:et,g?a[f]>=n?d[f]=it:d[f]=h[f]<=.25*n&&!m?ot:$:d[f]=$}s!==null&&this.#e(s,h,c,u,d);let p=(f,m)=>Zt(f,m,this.across,this.down);return{still:p(u,tt),behind:p(u,et),both:p(u,st),kept:p(d,ot),gone:p(d,it),meeting:p(d,$)}}#e(t,e,s,o,n){let r=e.map((a,h)=>t[h]?y*a+s+2*w:0);rt(r,this.across,this.down),r.forEach((a,h)=>{a<=0&&(o[h]=nt),a<=w&&(n[h]=nt)})}#i({plane:t,gain:e,foreground:s},o,n,r){let a=.5*t.range,h=l=>{let c=l-t.disparity;return c>a?(c-a)*e*s:c<-a?(c+a)*e:0};for(let l=0;l<o.length;l++){let c=h(this.disparity.least[l]-Q),u=h(this.disparity.most[l]+Q),d=1,p=1;this.subject!==null&&(d=1-t.holdsSubject*this.subject.most[l]/255,p=1-t.holdsSubject*this.subject.least[l]/255);let f=c>0?c:u<0?-u:0;o[l]=f*d,n[l]=Math.max(-c,u)*p,r[l]=Math.max(0,u)*p}}},[tt,et,st]=[0,1,2],[ot,it,$]=[0,1,2],nt=3;function rt(i,t,e){let s=(o,n,r)=>{n<0||n>=t||r<0||r>=e||(i[o]=Math.max(i[o],i[r*t+n]-w))};for(let o=0;o<e;o++)for(let n=0;n<t;n++){let r=o*t+n;s(r,n-1,o);for(let a=-1;a<=1;a++)s(r,n+a,o-1)}for(let o=e-1;o>=0;o--)for(let n=t-1;n>=0;n--){let r=o*t+n;s(r,n+1,o);for(let a=-1;a<=1;a++)s(r,n+a,o+1)}}function Zt(i,t,e,s){let o=[];for(let n=0;n<s;n++)for(let r=0;r<e;){let a=r;for(;r<e&&i[n*e+r]===t;)r++;r>a?o.push(a,n,r,n+1):r++}return new Float32Array(o)}var _=8,W=64,at=`${M}${P}
uniform sampler2D photo;
uniform sampler2D alphaMatte;
uniform float hasMatte;
uniform sampler2D lamps;        // colour and share of the gain, for cells of the whole picture
uniform vec2 lampsExtent;       // of those cells, as a fraction of the whole picture
uniform vec4 window;            // offset and size of the source within the whole picture
uniform vec2 photoSize;
uniform float diagonalPx;       // of the whole picture
uniform float cellPx;           // photo pixels per cell, a power of two
uniform int side;               // samples per cell along one axis, a power of two
uniform int lod;                // mip level of the photo whose pixels are the samples
uniform float gainAmount, gainThreshold;
layout(location = 0) out vec4 farCell;   // light; |radius|, 0 = in focus, -1 = nothing there
layout(location = 1) out vec4 nearCell;  // light \xB7 coverage; coverage
layout(location = 2) out vec4 nearRadius;

const float SHARP = ${.35};

// A glint on the rim of something sharp has some of the background's disparity here, where the
// export sees the rim's own: what counts is the least blur around it.
float leastRadius(ivec2 pixel) {
  ivec2 last = textureSize(depth, 0) - 1;
  float least = 1e6;
  for (int i = 0; i < 4; i++) {
    ivec2 aside = ivec2(i & 1, i >> 1) * 8 - 4;
    vec2 there = texelFetch(depth, clamp(pixel + aside, ivec2(0), last), 0).rg;
    least = min(least, abs(radiusOf(there)));
  }
  return least;
}

// Clipped lamps get back the energy that the sensor lost (defocus.render.lamps says which are some),
// by their blur, in pixels. The threshold is a code value.
vec3 highlight(vec3 light, vec2 middle, ivec2 pixel, float radius) {
  float brightest = max(light.r, max(light.g, light.b));
  if (gainAmount == 0.0 || brightest < 0.2) return vec3(1.0);
  float code = 1.055 * pow(brightest, 1.0 / 2.4) - 0.055;
  float t = clamp((code - gainThreshold) / max(1.0 - gainThreshold, 1e-3), 0.0, 1.0);
  if (t == 0.0) return vec3(1.0);
  vec2 place = (window.xy + window.zw * middle / photoSize) / lampsExtent;
  ivec2 cells = textureSize(lamps, 0);
  vec4 lamp = texelFetch(lamps, min(ivec2(place * vec2(cells)), cells - 1), 0);
  float full = ${.004} * diagonalPx;
  float blurred = smoothstep(${.25} * full, full, min(abs(radius), leastRadius(pixel)));
  float extra = float(${30}) * gainAmount * t * t * (3.0 - 2.0 * t) * blurred;
  return 1.0 + extra * lamp.a * lamp.rgb;
}

void main() {
  vec4 behind = vec4(0.0), before = vec4(0.0), focused = vec4(0.0);
  float behindRadius = 0.0, beforeRadius = 0.0;
  ivec2 first = ivec2(gl_FragCoord.xy) * side;
  ivec2 lastDepth = textureSize(depth, 0) - 1;
  ivec2 lastLight = textureSize(photo, lod) - 1;
  float pitch = cellPx / float(side);
  for (int j = 0; j < side; j++) {
    for (int i = 0; i < side; i++) {
      ivec2 index = first + ivec2(i, j);
      vec2 middle = (vec2(index) + 0.5) * pitch;
      ivec2 pixel = min(ivec2(middle), lastDepth);
      float radius = radiusOf(texelFetch(depth, pixel, 0).rg) / cellPx;
      vec3 light = texelFetch(photo, min(index, lastLight), lod).rgb;
      light *= highlight(light, middle, pixel, radius * cellPx);
      float solid = hasMatte > 0.0 ? texelFetch(alphaMatte, pixel, 0).r : 1.0;
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
}`,ht=`${M}
uniform sampler2D photo;
uniform int cellLod;            // mip level of the photo whose pixels are the cells
layout(location = 0) out vec4 farCell;
layout(location = 1) out vec4 nearCell;
layout(location = 2) out vec4 nearRadius;
void main() {
  ivec2 last = textureSize(photo, cellLod) - 1;
  farCell = vec4(texelFetch(photo, min(ivec2(gl_FragCoord.xy), last), cellLod).rgb, 0.0);
  nearCell = vec4(0.0);
  nearRadius = vec4(0.0, 0.0, 0.0, 1.0);
}`,lt=`${M}
uniform sampler2D farCells, nearRadii;
out vec4 largest;
void main() {
  ivec2 first = ivec2(gl_FragCoord.xy) * ${_};
  ivec2 last = textureSize(farCells, 0) - 1;
  vec2 most = vec2(0.0);
  for (int j = 0; j < ${_}; j++) {
    for (int i = 0; i < ${_}; i++) {
      ivec2 at = min(first + ivec2(i, j), last);
      most.x = max(most.x, texelFetch(nearRadii, at, 0).r);
      most.y = max(most.y, texelFetch(farCells, at, 0).a);
    }
  }
  largest = vec4(most, 0.0, 1.0);
}`,ct=`${M}
uniform sampler2D tiles;
uniform int reach;              // in tiles
uniform float beyond;           // how much farther than its radius blur reaches
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
      float gap = float((max(abs(i), abs(j)) - 1) * ${_});
      most = max(most, there * step(gap, there * beyond));
    }
  }
  largest = vec4(most, 0.0, 1.0);
}`,ut=`${M}
uniform sampler2D farCells, nearCells, nearRadii, tiles;
uniform vec4 points[${W}];
uniform int pointCount;
uniform float hasMatte;
uniform float jitter;           // 0 to 1: share of the gap between points
uniform float turn;             // which of the point sets
uniform float catEye;
uniform float squeeze;          // square root of the lens's
uniform vec4 window;            // offset and size of the source within the whole picture
layout(location = 0) out vec4 behindOut;  // light \xB7 validity; validity
layout(location = 1) out vec4 beforeOut;  // light \xB7 alpha; alpha

vec2 noise(vec2 at) {
  // Interleaved gradient noise (Jimenez 2014), twice.
  float a = fract(52.9829189 * fract(dot(at, vec2(0.06711056, 0.00583715))));
  float b = fract(52.9829189 * fract(dot(at + 47.0, vec2(0.00583715, 0.06711056))));
  return vec2(a, b) - 0.5;
}

// Area over \u03C0 of a disc in cells whose rim fades from half a cell within to half a cell outside.
float discArea(float radius) {
  return radius > 0.5 ? radius * radius + 1.0 / 12.0 : pow(radius + 0.5, 3.0) / 3.0;
}

void main() {
  ivec2 here = ivec2(gl_FragCoord.xy);
  ivec2 last = textureSize(farCells, 0) - 1;
  vec4 mine = texelFetch(farCells, here, 0);
  vec2 reach = texelFetch(tiles, here / ${_}, 0).rg;

  // The barrel clips the aperture by the same disc, moved towards the picture's centre.
  vec2 place = window.xy + window.zw * at;
  vec2 clipCentre = -catEye * vec2(${.8}, ${.6}) * (2.0 * place - 1.0);
  vec2 unsqueeze = vec2(1.0 / squeeze, squeeze);
  // Another shift in each frame that is averaged (Jimenez's step): points that lie to the same side
  // of a pixel in all of them would leave a weave in the picture at rest.
  vec2 shift = noise(gl_FragCoord.xy + 5.588238 * turn) * jitter;
  shift *= 1.77 * inversesqrt(float(pointCount));

  beforeOut = vec4(0.0);
#ifdef BEFORE
  if (reach.x > 0.0) {
    float widest = reach.x + 0.5;
    for (int i = 0; i < pointCount; i++) {
      vec4 point = points[i];
      if (catEye > 0.0) {
        vec2 clipped = point.xy * unsqueeze - clipCentre;
        if (dot(clipped, clipped) > 1.0) continue;
      }
      vec2 offset = point.xy + shift;
      ivec2 from = clamp(here - ivec2(round(offset * widest)), ivec2(0), last);
      vec4 there = texelFetch(nearCells, from, 0);
      if (there.a == 0.0) continue;
      float spread = texelFetch(nearRadii, from, 0).r;
      float covers = clamp(spread - point.z * widest + 0.5, 0.0, 1.0);
      beforeOut += there * point.w * covers * widest * widest / discArea(spread);
    }
    beforeOut /= float(pointCount);
    // More than one surface covers: no pixel is more than opaque.
    if (beforeOut.a > 1.0) beforeOut /= beforeOut.a;
  }
#endif

  vec4 own = vec4(max(mine.rgb, 0.0), 1.0) * step(0.0, mine.a);
  behindOut = mine.a == 0.0 ? vec4(0.0) : own;
  // Cells without anything behind the plane need it where something blurred lies before them, or
  // where they are see-through.
  bool hidden = mine.a <= 0.0;
  float radius = mine.a;
  if (hidden) radius = max(reach.y, reach.x) * step(0.01, reach.x + hasMatte);
  if (beforeOut.a > 0.99) radius = 0.0; // nobody will see it
  if (radius > 0.0) {
    vec4 sum = hidden ? vec4(0.0) : vec4(mine.rgb, 1.0) / max(radius * radius, 1.0) * 0.5;
    for (int i = 0; i < pointCount; i++) {
      vec4 point = points[i];
      vec2 offset = point.xy + shift;
      if (catEye > 0.0) {
        vec2 clipped = point.xy * unsqueeze - clipCentre;
        if (dot(clipped, clipped) > 1.0) continue;
      }
      ivec2 from = clamp(here - ivec2(round(offset * radius)), ivec2(0), last);
      vec4 there = texelFetch(farCells, from, 0);
      float spread = min(there.a, radius);
      float covers = clamp(spread - point.z * radius + 0.5, 0.0, 1.0) * step(0.001, spread);
      float weight = point.w * covers / max(spread * spread, 1.0);
      if (hidden) weight += 1e-4 * step(0.0, there.a) * (1.0 + 50.0 * step(0.001, there.a));
      sum += vec4(there.rgb, 1.0) * weight;
    }
    behindOut = sum.a > 0.0 ? vec4(sum.rgb / sum.a, 1.0) : own; // perhaps nothing at all
  }
}`,ft=ut,dt=ut.replace(`
`,`
#define BEFORE
`);var he=Math.PI*(3-Math.sqrt(5));function pt(i,t){if(i.blades===0)return 1;let e=2*Math.PI/i.blades,o=((t+i.rotation_deg*Math.PI/180)%e+e)%e-e/2,n=Math.cos(e/2)/Math.cos(o);return n+i.roundness*(1-n)}function le(i){if(i.blades===0)return 1;let t=720,e=0;for(let s=0;s<t;s++){let o=pt(i,2*Math.PI*s/t);e+=o*o*Math.PI/t}return Math.sqrt(Math.PI/e)}function ce(i,t){let e=i>0?.82:.6,s=1-(i>0?.7:2)*i;return t<e?s:1}function mt(i,t,e=0){let s=new Float32Array(t*4),o=le(i),n=Math.sqrt(i.squeeze),r=(.5+e*.7548776662)%1,a=0;for(let h=0;h<t;h++){let l=Math.sqrt((h+(e===0?.5:r))/t),c=h*he+e*2.399963*.618034,u=o*pt(i,c),d=u*u*ce(i.ring,l);s.set([l*u*Math.cos(c)*n,l*u*Math.sin(c)/n,l,d],h*4),a+=d}for(let h=0;h<t;h++)s[h*4+3]*=t/a;return s}var gt=`
vec3 encode(vec3 light) {
  vec3 v = clamp(light, 0.0, 1.0);
  return mix(12.92 * v, 1.055 * pow(max(v, 1e-6), vec3(1.0 / 2.4)) - 0.055, step(0.0031308, v));
}
`,xt=`${M}${gt}
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
      ivec2 from = clamp(here + ivec2(i, j), ivec2(0), last);
      behindOut += weight * texelFetch(behindCells, from, 0);
      beforeOut += weight * texelFetch(beforeCells, from, 0);
    }
  }
  float total = smoothing == 0 ? 4.0 : 16.0;
  behindOut /= total;
  beforeOut /= total;
  // Where nothing is known to lie behind, what lies before fills the cell.
  vec4 behind = behindOut.a > 1e-3 ? behindOut : beforeOut;
  vec3 light = beforeOut.rgb + behind.rgb / max(behind.a, 1e-4) * (1.0 - beforeOut.a);
  encoded = vec4(encode(light), step(1e-3, beforeOut.a));
}`,vt=`
uniform sampler2D encodedPhoto;
uniform vec2 photoSize;
uniform bool oneToOne;          // the screen has a pixel for each of the photo
uniform float shrunk;           // else this power of two fewer

vec3 photoAt(vec2 at) {
  if (oneToOne) return texelFetch(encodedPhoto, ivec2(at * photoSize), 0).rgb;
  return textureLod(encodedPhoto, at, shrunk).rgb;
}
`,bt=`${M}${vt}
out vec4 colour;
void main() {
  colour = vec4(photoAt(at), 1.0);
}`,wt=`${M}
uniform sampler2D encodedCells;
uniform vec2 cellExtent;        // of the cells, as a fraction of the picture
out vec4 colour;
void main() {
  colour = vec4(textureLod(encodedCells, at / cellExtent, 0.0).rgb, 1.0);
}`,Et=`${M}${P}${gt}${vt}
uniform sampler2D photo, encodedCells, behindCells, beforeCells, alphaMatte;
uniform vec2 cellExtent;
uniform float hasMatte;
uniform float gonePx;           // radius at which the sharp picture has gone
uniform int overlay;            // 0 none, 1 disparity, 2 focus peaking
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

vec3 withOverlay(vec3 encoded, float radius) {
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

// Sharp and blurred meet in this pixel: mixed as light.
vec3 mixed(float gone, float solid) {
  vec3 sharp = textureLod(photo, at, 0.0).rgb;
  vec4 behind = textureLod(behindCells, at / cellExtent, 0.0);
  vec4 before = textureLod(beforeCells, at / cellExtent, 0.0);
  vec3 blurred = behind.a > 0.01 ? behind.rgb / behind.a : sharp;
  vec3 light = mix(blurred, mix(sharp, blurred, gone), solid);
  return encode(before.rgb + light * (1.0 - before.a));
}

void main() {
  float radius = radiusOf(texelFetch(depth, ivec2(at * vec2(textureSize(depth, 0))), 0).rg);
  float gone = smoothstep(${.25} * gonePx, gonePx, abs(radius));
  float solid = hasMatte > 0.0 ? textureLod(alphaMatte, at, 0.0).r : 1.0;
  vec4 cells = textureLod(encodedCells, at / cellExtent, 0.0);
  vec3 encoded = cells.rgb;
  if (gone < 1.0 || solid < 1.0) {
    if (gone == 0.0 && cells.a == 0.0 && solid == 1.0) encoded = photoAt(at);
    else encoded = mixed(gone, solid);
  }
  if (overlay != 0) encoded = withOverlay(encoded, radius);
  colour = vec4(encoded, 1.0);
}`,Mt=`${M}
uniform sampler2D picture;
uniform vec2 photoSize, along;
uniform float box;              // width in pixels
out vec4 mean;
const float MOST = 64.0;
void main() {
  float taps = min(box, MOST);
  vec2 pitch = along * box / taps / photoSize;
  vec4 sum = vec4(0.0);
  for (float i = 0.0; i < taps; i++) {
    sum += textureLod(picture, at + pitch * (i - 0.5 * (taps - 1.0)), 0.0);
  }
  mean = sum / taps;
}`,At=`${M}
uniform sampler2D encodedPhoto, depth, blurred;
uniform float threshold;
out vec4 colour;
void main() {
  bool sharp = textureLod(depth, at, 0.0).r >= threshold;
  colour = sharp ? textureLod(encodedPhoto, at, 0.0) : textureLod(blurred, at, 0.0);
}`;var F=class{constructor(t,e,s){this.gl=t,this.program=t.createProgram(),this.shaders=[[t.VERTEX_SHADER,e],[t.FRAGMENT_SHADER,s]].map(([o,n])=>{let r=t.createShader(o);return t.shaderSource(r,n),t.compileShader(r),t.attachShader(this.program,r),r}),t.bindAttribLocation(this.program,0,"run"),t.linkProgram(this.program),this.places=null}#t(){let{gl:t}=this;if(this.places=new Map,!t.getProgramParameter(this.program,t.LINK_STATUS)&&!t.isContextLost()){let e=this.shaders.map(s=>t.getShaderInfoLog(s));throw new Error(`The lens shader failed: ${[t.getProgramInfoLog(this.program),...e]}`)}for(let e of this.shaders)t.deleteShader(e)}#s(t){return this.places.has(t)||this.places.set(t,this.gl.getUniformLocation(this.program,t)),this.places.get(t)}draw(t,e){let{gl:s}=this;if(e.count===0)return;s.useProgram(this.program),this.places===null&&this.#t();let o=0;for(let[n,r]of Object.entries(t)){let a=this.#s(n);typeof r=="number"?s.uniform1f(a,r):Array.isArray(r)?s[`uniform${r.length}fv`](a,r):r instanceof D?(s.activeTexture(s.TEXTURE0+o),s.bindTexture(s.TEXTURE_2D,r.handle),s.uniform1i(a,o),o+=1):"int"in r?s.uniform1i(a,r.int):s.uniform4fv(a,r.vec4)}s.uniform2fv(this.#s("runStep"),e.step),s.bindBuffer(s.ARRAY_BUFFER,e.buffer),s.enableVertexAttribArray(0),s.vertexAttribPointer(0,4,s.FLOAT,!1,0,0),s.vertexAttribDivisor(0,1),s.drawArraysInstanced(s.TRIANGLE_STRIP,0,4,e.count)}},C=class{constructor(t){this.gl=t,this.buffer=t.createBuffer(),this.count=0}set(t,e){let{gl:s}=this;return this.count=t.length/4,this.step=e,s.bindBuffer(s.ARRAY_BUFFER,this.buffer),s.bufferData(s.ARRAY_BUFFER,t,s.STREAM_DRAW),this}},D=class{constructor(t){this.gl=t,this.handle=t.createTexture()}delete(){this.gl.deleteTexture(this.handle)}};function O(i,t){let e=new D(i);return i.activeTexture(i.TEXTURE0),i.bindTexture(i.TEXTURE_2D,e.handle),i.texParameteri(i.TEXTURE_2D,i.TEXTURE_WRAP_S,i.CLAMP_TO_EDGE),i.texParameteri(i.TEXTURE_2D,i.TEXTURE_WRAP_T,i.CLAMP_TO_EDGE),i.texParameteri(i.TEXTURE_2D,i.TEXTURE_MIN_FILTER,t),i.texParameteri(i.TEXTURE_2D,i.TEXTURE_MAG_FILTER,i.LINEAR),e}var N=class{constructor(t,e,s,o){this.gl=t,this.width=e,this.height=s,this.textures=o.map(n=>{let r=O(t,t.LINEAR);return t.texStorage2D(t.TEXTURE_2D,1,n,e,s),r}),this.handle=t.createFramebuffer(),t.bindFramebuffer(t.FRAMEBUFFER,this.handle),this.textures.forEach((n,r)=>{let a=t.COLOR_ATTACHMENT0+r;t.framebufferTexture2D(t.FRAMEBUFFER,a,t.TEXTURE_2D,n.handle,0)}),t.drawBuffers(o.map((n,r)=>t.COLOR_ATTACHMENT0+r))}bind(){let{gl:t}=this;t.bindFramebuffer(t.FRAMEBUFFER,this.handle),t.viewport(0,0,this.width,this.height)}clear(){let{gl:t}=this;this.bind(),t.clearColor(0,0,0,0),t.clear(t.COLOR_BUFFER_BIT)}delete(){for(let t of this.textures)t.delete();this.gl.deleteFramebuffer(this.handle)}};var ue={prepare:at,prepareStill:ht,tiles:lt,spread:ct,gatherBehind:ft,gatherBoth:dt,encodeCells:xt,keptPhoto:bt,gonePhoto:wt,composite:Et,box:Mt,maskComposite:At},fe={none:0,disparity:1,peaking:2},Rt=1e3,_t=["still","behind","both","kept","gone","meeting"],U=class{constructor(t,e){this.gl=t,this.source=e,this.programs=Object.fromEntries(Object.entries(ue).map(([s,o])=>[s,new F(t,Z,o)])),t.bindVertexArray(t.createVertexArray()),this.targets=new Map,this.everywhere=new C(t).set(new Float32Array([0,0,Rt,Rt]),[1,1]),this.runs=Object.fromEntries(_t.map(s=>[s,new C(t)]))}prepare(t,e,s,o){let{gl:n,source:r,programs:a}=this,{width:h,height:l}=r.size;this.params=t,this.cellPx=e,this.#s();let c=Math.ceil(h/e),u=Math.ceil(l/e);this.cellExtent=[c*e/h,u*e/l];let d=this.#a("cells",c,u,[n.RGBA16F,n.RGBA16F,n.R16F]),p=Math.min(s,e),f={...this.#n(this.cellExtent),...this.#o(),cellPx:e,side:{int:p},lod:{int:Math.log2(e/p)},...this.#t()};d.bind(),a.prepare.draw(f,this.runs.behind),a.prepare.draw(f,this.runs.both);let m={photo:f.photo,cellLod:{int:Math.log2(e)}};a.prepareStill.draw({...this.#n(this.cellExtent),...m},this.runs.still);let[g,,x]=d.textures,v=[Math.ceil(c/_),Math.ceil(u/_)],b=this.#a("tiles",...v,[n.RG16F]);this.#r(b,a.tiles,{farCells:g,nearRadii:x});let A=Math.ceil(y*o/e/_)+1;this.#r(this.#a("reach",...v,[n.RG16F]),a.spread,{tiles:b.textures[0],reach:{int:Math.min(A,16)},beyond:y})}keepTo(t){let{behind:e,both:s}=this.#s(t);return(Tt(e)+Tt(s))*(w/this.cellPx)**2}#t(){let{lamps:t,opaque:e,diagonal:s,part:o,size:n}=this.source;return{lamps:t?.texture??e,lampsExtent:t?.extent??[1,1],gainAmount:t===null?0:this.params.lens.highlights,gainThreshold:this.params.lens.highlight_threshold,diagonalPx:s,photoSize:[n.width,n.height],window:[o.x,o.y,o.width,o.height]}}#s(t=null){let{source:e,params:s}=this,o=[w/e.size.width,w/e.size.height],n=e.front.depth.blocks.sort(s,this.cellPx,t);for(let r of _t)this.runs[r].set(n[r],o);return n}gather(t,e,s,o,n=null){let{gl:r,programs:a,runs:h,source:l}=this,c=this.targets.get("cells"),[u,d,p]=c.textures,f=[r.RGBA16F,r.RGBA16F],m=this.#a(t,c.width,c.height,f),{lens:g}=this.params,{x,y:v,width:b,height:A}=l.part,E={...this.#n(this.cellExtent),farCells:u,nearCells:d,nearRadii:p,tiles:this.targets.get("reach").textures[0],points:{vec4:mt(g,e,s)},pointCount:{int:e},jitter:o,turn:s,hasMatte:+(l.soft!==null),catEye:g.cat_eye,squeeze:Math.sqrt(g.squeeze),window:[x,v,b,A]};if(n===null||n.frame===0&&n.strip===0?m.clear():m.bind(),n!==null){let T=Math.ceil(c.height/n.strips);r.enable(r.SCISSOR_TEST),r.scissor(0,n.strip*T,c.width,T),r.enable(r.BLEND),r.blendColor(0,0,0,1/(n.frame+1)),r.blendFunc(r.CONSTANT_ALPHA,r.ONE_MINUS_CONSTANT_ALPHA)}a.gatherBehind.draw(E,h.behind),a.gatherBoth.draw(E,h.both),r.disable(r.BLEND),r.disable(r.SCISSOR_TEST)}encodeCells(t,e){let{gl:s}=this,o=this.targets.get(t),[n,r]=o.textures,a=[s.RGBA8,s.RGBA16F,s.RGBA16F],h=this.#a("shown",o.width,o.height,a),l={...this.#n(this.cellExtent),behindCells:n,beforeCells:r,smoothing:{int:e}};h.clear(),this.programs.encodeCells.draw(l,this.runs.behind),this.programs.encodeCells.draw(l,this.runs.both)}compose(){let{programs:t,runs:e,source:s,params:o}=this,[n,r,a]=this.targets.get("shown").textures,{front:h}=s,l=fe[o.overlay??"none"],c=this.#i(h.photo),{cellExtent:u}=this;this.#e(o.split??0,()=>{let d=l===0?e.meeting:this.everywhere;l===0&&(t.keptPhoto.draw(c,e.kept),t.gonePhoto.draw({...this.#h(),encodedCells:n,cellExtent:u},e.gone)),t.composite.draw({...c,...this.#o(),encodedCells:n,behindCells:r,beforeCells:a,cellExtent:u,gonePx:L(this.cellPx),overlay:{int:l}},d)})}original(){this.#e(1,()=>{})}mask(t){let{gl:e,programs:s,source:o}=this,{width:n,height:r}=o.size;this.params=t;let a=Math.max(1,Math.round(t.mask.width)),h=this.#a("row",n,r,[e.RGBA8]),l=this.#a("column",n,r,[e.RGBA8]),c={photoSize:[n,r],box:a},{encoded:u}=o.photo,d=(p,f)=>({...c,picture:p,along:f});this.#r(h,s.box,d(u,[1,0]),[1,1]),this.#r(l,s.box,d(h.textures[0],[0,1]),[1,1]),this.#e(t.split??0,()=>{let p={...this.#h(),encodedPhoto:u,depth:o.depth.texture,blurred:l.textures[0],threshold:t.mask.threshold};s.maskComposite.draw(p,this.everywhere)})}#e(t,e){let{gl:s,programs:o,source:n}=this,{width:r,height:a}=s.canvas;s.bindFramebuffer(s.FRAMEBUFFER,null),s.viewport(0,0,r,a);let h=Math.round(r*t);s.enable(s.SCISSOR_TEST),h<r&&(s.scissor(h,0,r-h,a),e()),h>0&&(s.scissor(0,0,h,a),o.keptPhoto.draw(this.#i(n.photo),this.everywhere)),s.disable(s.SCISSOR_TEST)}#i({encoded:t}){let{width:e,height:s}=this.source.size,o=this.gl.canvas.width;return{...this.#h(),encodedPhoto:t,photoSize:[e,s],oneToOne:{int:+(o===e)},shrunk:Math.round(Math.log2(e/o))}}#o(){let{plane:t,gain:e,foreground:s}=this.params,{front:o,soft:n}=this.source;return{photo:o.photo.light,depth:o.depth.texture,alphaMatte:o.alpha,hasMatte:+(n!==null),planeDisparity:t.disparity,planeRange:t.range,gain:e,foreground:s,holdsSubject:Number(t.holdsSubject)}}#n=t=>({extent:t,upright:1});#h=()=>({extent:[1,1],upright:-1});#r(t,e,s,o=this.cellExtent){t.bind(),e.draw({...this.#n(o),...s},this.everywhere)}#a(t,e,s,o){let n=this.targets.get(t);if(n!==void 0&&n.width===e&&n.height===s)return n;n?.delete();let r=new N(this.gl,e,s,o);return this.targets.set(t,r),r}};function Tt(i){let t=0;for(let e=0;e<i.length;e+=4)t+=i[e+2]-i[e];return t}var G=class{#t=void 0;constructor(t){this.gl=t,this.photo=null,this.depth=null,this.soft=null,this.lamps=null,this.opaque=Ct(t,new Uint8Array([255]),{width:1,height:1})}get complete(){return this.photo!==null&&this.depth!==null}clear(){this.setSoftEdges(null),this.setLamps(null),Ot(this.photo),this.depth?.texture.delete(),this.photo=null,this.depth=null}setPhoto(t,e){this.clear(),this.photo=St(this.gl,t),this.size={width:t.width,height:t.height},this.part=e,this.#t=void 0}setDisparity(t,e,s=null){if(this.setSoftEdges(null),s!==null&&this.depth!==null){de(this.gl,this.depth,t,e,s);return}this.depth?.texture.delete(),this.depth=yt(this.gl,t,e)}setLamps(t){this.lamps?.texture.delete(),this.#t=void 0,this.lamps=t&&{...t,texture:pe(this.gl,t)}}get lights(){return this.#t===void 0&&(this.#t=this.lamps&&this.#s()),this.#t}#s(){let{values:t,width:e,height:s,extent:o}=this.lamps,{across:n,down:r}=this.front.depth.blocks,a=new Uint8Array(n*r),h=!1;for(let l=0;l<e*s;l++){if(t[4*l+3]===0)continue;let[c,u]=[l%e,Math.floor(l/e)],d=this.#e(c,e,o[0],this.part.x,this.part.width,this.size.width),p=this.#e(u,s,o[1],this.part.y,this.part.height,this.size.height);for(let f=Math.max(0,p[0]);f<=Math.min(r-1,p[1]);f++)for(let m=Math.max(0,d[0]);m<=Math.min(n-1,d[1]);m++)a[f*n+m]=1,h=!0}return h?a:null}#e(t,e,s,o,n,r){let a=h=>Math.floor((h/e*s-o)/n*(r/w));return[a(t),a(t+1)]}setSoftEdges(t){this.soft!==null&&(Ot(this.soft.photo),this.soft.depth.texture.delete(),this.soft.alpha.delete(),this.soft=null),t!==null&&(this.soft={alpha:Ct(this.gl,t.alpha,t.map),photo:St(this.gl,t.image),depth:yt(this.gl,t.map,t.subject,t.alpha)})}get front(){return this.soft??{photo:this.photo,depth:this.depth,alpha:this.opaque}}get diagonal(){return Math.hypot(this.size.width/this.part.width,this.size.height/this.part.height)}};function St(i,t){i.pixelStorei(i.UNPACK_COLORSPACE_CONVERSION_WEBGL,i.NONE);let[e,s]=[i.SRGB8_ALPHA8,i.RGBA8].map(o=>{let n=O(i,i.LINEAR_MIPMAP_NEAREST);return i.texImage2D(i.TEXTURE_2D,0,o,i.RGBA,i.UNSIGNED_BYTE,t),i.generateMipmap(i.TEXTURE_2D),n});return{light:e,encoded:s}}function Ot(i){i?.light.delete(),i?.encoded.delete()}function yt(i,t,e,s=null){let{width:o,height:n}=t,r=Lt(t,e,{left:0,top:0,right:o,bottom:n}),a=O(i,i.LINEAR);return i.texImage2D(i.TEXTURE_2D,0,i.RG16F,o,n,0,i.RG,i.FLOAT,r),{texture:a,blocks:new I(t,e,s)}}function de(i,{texture:t,blocks:e},s,o,n){let r=Lt(s,o,n),a=[n.right-n.left,n.bottom-n.top];i.activeTexture(i.TEXTURE0),i.bindTexture(i.TEXTURE_2D,t.handle),i.texSubImage2D(i.TEXTURE_2D,0,n.left,n.top,...a,i.RG,i.FLOAT,r),e.update(s.values,n)}function Lt({values:i,width:t},e,{left:s,top:o,right:n,bottom:r}){let a=new Float32Array((n-s)*(r-o)*2),h=0;for(let l=o;l<r;l++)for(let c=l*t+s;c<l*t+n;c++)a[h++]=i[c],a[h++]=e===null?0:e[c]/255;return a}function pe(i,{values:t,width:e,height:s}){let o=O(i,i.NEAREST);return i.texImage2D(i.TEXTURE_2D,0,i.RGBA8,e,s,0,i.RGBA,i.UNSIGNED_BYTE,t),o}function Ct(i,t,{width:e,height:s}){let o=O(i,i.LINEAR);return i.pixelStorei(i.UNPACK_ALIGNMENT,1),i.texImage2D(i.TEXTURE_2D,0,i.R8,e,s,0,i.RED,i.UNSIGNED_BYTE,t),o}var Pt=[{scale:.4,cell:8,radius:8,points:14},{scale:.5,cell:4,radius:10,points:20},{scale:.75,cell:4,radius:12,points:24},{scale:1,cell:4,radius:16,points:28},{scale:1,cell:2,radius:20,points:48},{scale:1,cell:1,radius:32,points:64}],It=2,Ft=3,Dt=200,me=9,ge=60,Nt={quick:16,slow:12},xe=6,Ut={most:24,least:8},ve=3e6,be=8e4,Gt="This browser offers no WebGL2 with float targets.",B=class extends Error{},H=class{constructor(t,e=()=>{}){let s=t.getContext("webgl2",{alpha:!1,antialias:!1,depth:!1,preserveDrawingBuffer:!0,powerPreference:"high-performance"});if(s===null)throw new B(Gt);this.canvas=t,this.gl=s,this.#t(),this.level=It,this.frameMs=0,t.addEventListener("webglcontextlost",o=>o.preventDefault()),t.addEventListener("webglcontextrestored",()=>{this.#t(),e()})}#t(){let{gl:t}=this;if(t.getExtension("EXT_color_buffer_float")===null&&!this.lost)throw new B(Gt);t.getExtension("OES_texture_float_linear"),this.source=new G(t),this.passes=new U(t,this.source),this.rest=null}get lost(){return this.gl.isContextLost()}get complete(){return this.source.complete}get size(){return this.source.size}setPhoto(t,e={x:0,y:0,width:1,height:1}){this.rest=null,this.lost||this.source.setPhoto(t,e)}setLamps(t){this.lost||this.source.setLamps(t),this.rest=null}setDisparity(t,e,s=null){this.rest=null,this.lost||this.source.setDisparity(t,e,s)}setSoftEdges(t){this.lost||this.source.soft===null&&t===null||(this.source.setSoftEdges(t),this.rest=null)}render(t){if(this.lost||!this.source.complete)return;let e=performance.now(),s=Pt[this.level];if(this.params=t,t.mask){this.#h(1),this.passes.mask(t),this.rest=null,this.#a(e);return}this.#h(s.scale),this.#o(s.cell,s.radius,2),this.passes.gather("blurred",s.points,0,s.points<40?.8:.4),this.passes.encodeCells("blurred",1),this.passes.compose(),this.#a(e),this.rest={frame:0,strip:0,strips:1,lights:!1,frames:0}}showOriginal(){this.lost||this.source.photo===null||(this.#h(1),this.passes.original())}warmUp(t){let[e,s]=[512,32],o=new ImageData(e,s),r={values:Float32Array.from({length:e*s},(c,u)=>.5*Math.floor(3*(u%e/e))),width:e,height:s},a=new Uint8Array(e*s),h=a.map((c,u)=>u%e<8?0:255);this.setPhoto(o),this.showOriginal(),this.setDisparity(r,a);let l={disparity:.5,range:.1,holdsSubject:0};for(let c of[null,{image:o,map:r,subject:a,alpha:h}])this.setSoftEdges(c),this.render({plane:l,gain:40,lens:t,foreground:1}),this.refine();this.source.clear(),this.rest=null,this.level=It}refine(){let{rest:t,passes:e}=this;if(t===null||this.lost)return!1;let s=this.level<=Ft;if(t.frame>=Bt(t,s)&&!this.#e(t,s))return!1;let o=Bt(t,s),n=performance.now();return t.frame===0&&t.strip===0&&!t.lights&&this.#s(t,s),e.gather("sum",W,t.frame+1,.8,t),t.strip+=1,t.strip>=t.strips&&(t.strip=0,t.frame+=1,(!t.lights||t.frame===o)&&(this.#h(1),e.encodeCells("sum",0),e.compose())),this.#r(),this.refineMs=performance.now()-n,t.frame<o||this.#i(t,s)}#s(t,e){this.#o(e?2:1,e?24:64,4),t.strips=e?xe:1}#e(t,e){if(!this.#i(t,e))return!1;this.#o(1,64,4);let s=this.passes.keepTo(this.source.lights),o=Math.min(Ut.most,Math.floor(ve/Math.max(s,1))),n=Math.max(1,Math.ceil(s/be));return Object.assign(t,{lights:!0,frame:0,strip:0,strips:n,frames:o}),o<Ut.least&&(t.frames=0),t.frames>0}#i(t,e){let{overlay:s="none"}=this.params;return e&&!t.lights&&s==="none"&&this.source.lights!==null}dispose(){this.gl.getExtension("WEBGL_lose_context")?.loseContext()}#o(t,e,s){let o=this.#n(),n=2**Math.round(Math.log2(o/e)),r=Math.max(t,Math.min(w,n));this.passes.prepare(this.params,r,s,o)}#n(){let{plane:t,gain:e}=this.params;return Math.max(1.2-t.disparity,t.disparity+.2)*e}#h(t){let e=Math.max(1,Math.round(this.size.width*t)),s=Math.max(1,Math.round(this.size.height*t));(this.canvas.width!==e||this.canvas.height!==s)&&(this.canvas.width=e,this.canvas.height=s)}#r(){let{gl:t}=this;t.bindFramebuffer(t.FRAMEBUFFER,null),t.readPixels(0,0,1,1,t.RGBA,t.UNSIGNED_BYTE,new Uint8Array(4))}#a(t){this.#r(),this.frameMs=performance.now()-t;let e=this.frameMs>2.5*Dt?2:+(this.frameMs>Dt),s=this.level<Ft?ge:me,o=+(this.frameMs<s);this.level=Math.min(Pt.length-1,Math.max(0,this.level-e+o))}},Bt=({lights:i,frames:t},e)=>i?t:e?Nt.slow:Nt.quick;function jt(i){let{width:t,height:e}=i,s=new OffscreenCanvas(t,e).getContext("2d",{willReadFrequently:!0});return s.drawImage(i,0,0),s.getImageData(0,0,t,e)}function zt(i,t,{width:e,height:s}){let o=.5*Math.max(t*Math.hypot(e,s),.5),n=[0],r=0;for(let a=1;a<i.length;a++){let[h,l]=i[a];r+=Math.hypot((h-i[a-1][0])*e,(l-i[a-1][1])*s);let c=r>=o;c&&(r=0),n.push(c?a:n[a-1])}return n}function kt({data:i,width:t,height:e},[s,o],n){let r=.15*Math.max(n*Math.hypot(t,e),.5),a=(m,g,x)=>Math.min(Math.max(m,g),x),[h,l]=[s*t,o*e],c=a(Math.floor(h-r),0,t-1),u=a(Math.floor(l-r),0,e-1),d=a(Math.floor(h+r)+1,c+1,t),p=a(Math.floor(l+r)+1,u+1,e),f=(d-c)*(p-u);return[0,1,2].map(m=>{let g=new Uint8Array(f),x=0;for(let v=u;v<p;v++)for(let b=c;b<d;b++)g[x++]=i[4*(v*t+b)+m];return g.sort()[f>>1]})}function Xt(i,t,[e,s,o],n){let r=Re(i,t,5e-4*n),a=new Float32Array(r.length/3);for(let h=0;h<a.length;h++){let l=Math.hypot(r[3*h]-e,r[3*h+1]-s,r[3*h+2]-o);a[h]=Math.min(1,Math.max(0,(64-l)/38))}return a}function Re({data:i,width:t,height:e},{left:s,top:o,right:n,bottom:r},a){let h=Math.ceil(2*a),l=Array.from({length:2*h+1},(x,v)=>Math.exp(-((v-h)**2)/(2*a**2))),c=l.reduce((x,v)=>x+v,0),u=l.map(x=>x/c),d=n-s,p=r-o,f=new Float32Array(3*d*(p+2*h)),m=(x,v)=>Math.min(Math.max(x,0),v-1);for(let x=0;x<p+2*h;x++){let v=m(o+x-h,e)*t;for(let b=0;b<d;b++){let A=3*(x*d+b);for(let E=0;E<u.length;E++){let T=4*(v+m(s+b+E-h,t));f[A]+=u[E]*i[T],f[A+1]+=u[E]*i[T+1],f[A+2]+=u[E]*i[T+2]}}}let g=new Float32Array(3*d*p);for(let x=0;x<p;x++)for(let v=0;v<u.length;v++){let b=3*(x+v)*d,A=3*x*d;for(let E=0;E<3*d;E++)g[A+E]+=u[v]*f[b+E]}return g}function $t(i,{width:t,height:e,low:s,high:o}){let n=new Uint16Array(i),r=new Float32Array(n.length),a=(o-s)/65535;for(let h=0;h<n.length;h++)r[h]=s+n[h]*a;return{values:r,width:t,height:e}}var ye=4e4;function Ce(i,t,e){return .043*Math.hypot(i,t)/e}function Le(i,t,e,s,o){let r=1/Math.max(i.low+i.perUnit*s.disparity,1e-4),a=t/36*e,h=t/1e3,l=a*h/(2*o)*(r/Math.max(r-h,1e-6));return i.perUnit*l}function qt(i,t,e){let{width:s,height:o,focal35mm:n,unit:r,closeness:a}=i,{amount:h,by_distance:l,lens:c}=t;return n===null?h*(l?a:1)*Ce(s,o,c.f_number):h*Le(r,n,Math.max(s,o),e,c.f_number)}function Kt({mode:i,at:t,range:e},s,o,n){let r;return i==="point"?r=Pe(s,o,t[0],t[1],n.subjectRange):i==="rectangle"?r=Ie(s,o,t,n.subjectRange):i==="disparity"?r={disparity:t[0],range:.06,holdsSubject:!1}:r=n.planes[i],e===null?r:{disparity:r.disparity,range:e,holdsSubject:!1}}function Pe(i,t,e,s,o){let n=Fe(i,e,s),r=j(e*i.width,i.width),a=j(s*i.height,i.height),h=t!==null&&t[a*i.width+r]>127;return{disparity:n,range:h?o:.06,holdsSubject:h}}function Ie(i,t,[e,s,o,n],r){let a=Y(i.values,i,e,s,o,n),h=a[a.length>>1];if(t!==null){let c=Y(t,i,e,s,o,n);if(c[c.length>>1]>127)return{disparity:h,range:r,holdsSubject:!0}}let l=a[Math.floor(.8*a.length)]-a[Math.floor(.2*a.length)];return{disparity:h,range:Math.min(.3,Math.max(.06,l)),holdsSubject:!1}}function Fe(i,t,e){let s=.004,o=Y(i.values,i,t-s,e-s,t+s,e+s);return o[o.length>>1]}function Y(i,{width:t,height:e},s,o,n,r){let a=j(s*t,t),h=Math.max(a+1,Math.min(t,Math.ceil(n*t))),l=j(o*e,e),c=Math.max(l+1,Math.min(e,Math.ceil(r*e))),u=Math.ceil(Math.sqrt((h-a)*(c-l)/ye)),d=Math.ceil((h-a)/u),p=new i.constructor(d*Math.ceil((c-l)/u)),f=0;for(let m=l;m<c;m+=u)for(let g=a;g<h;g+=u)p[f++]=i[m*t+g];return p.sort()}function j(i,t){return Math.max(0,Math.min(t-1,Math.floor(i)))}var De={x:0,y:0,width:1,height:1},k=class{#t;#s;#e=[];#i=new WeakMap;#o=null;#n=null;#h=null;#r;constructor(t,e=De,s=null){this.#t=t,this.#s=e,this.#r=s,this.map=t}get plain(){return this.#t}set(t){let e=this.#e;this.#e=t;let s=0;for(;s<e.length&&s<t.length&&e[s]===t[s];)s++;let o=e.slice(s),n=t.slice(s);return o.length===0&&n.length===0?null:(this.map===this.#t&&this.#a(),o.length<=1&&n.length===1&&this.#f(o[0],n[0])?this.#l(n[0],o[0]?.points.length??0):this.#v(t.slice(0,s),o,n))}#a(){this.map={...this.#t,values:this.#t.values.slice()}}#f(t,e){return t===void 0?!this.#i.has(e):this.#o?.stroke!==t||t.points.length>e.points.length?!1:["radius","hardness","disparity","strength","edges"].every(o=>t[o]===e[o])&&t.points.every(([o,n],r)=>Ne(e.points[r],o,n))}#l(t,e){e===0&&(this.#c(),this.#x());let s=this.#m(t,e);if(this.#o={stroke:t,box:z(this.#o?.box??null,s)},s===null)return null;let{values:o,width:n}=this.map,r=Yt(t,this.#u(t)),{disparity:a}=t,h=Wt(t)/255;for(let l=s.top;l<s.bottom;l++)for(let c=l*n+s.left;c<l*n+s.right;c++){let u=this.#h[c],d=a??this.#t.values[c];o[c]=u+r(this.#n[c])*h*(d-u)}return s}#x(){let{length:t}=this.map.values;this.#n??=new Float32Array(t).fill(1/0),this.#h??=new Float32Array(t),this.#h.set(this.map.values)}#c(){if(this.#o===null)return;let{stroke:t,box:e}=this.#o;this.#o=null,this.#i.set(t,this.#g(t,e))}#d(t){this.#o?.stroke===t&&this.#c();let e=this.#i.get(t);return e===void 0&&(this.#c(),this.#n??=new Float32Array(this.map.values.length).fill(1/0),e=this.#g(t,this.#m(t,0)),this.#i.set(t,e)),e}#v(t,e,s){let o=null;for(let n of e)o=z(o,this.#d(n).box);this.#c(),o!==null&&this.#b(o,t);for(let n of s){let r=this.#d(n);r.box!==null&&(this.#p(n,r,r.box),o=z(o,r.box))}return o}#b({left:t,top:e,right:s,bottom:o},n){let{values:r,width:a}=this.map;for(let h=e;h<o;h++){let[l,c]=[h*a+t,h*a+s];r.set(this.#t.values.subarray(l,c),l)}for(let h of n)this.#p(h,this.#d(h),{left:t,top:e,right:s,bottom:o})}#p(t,{box:e,rows:s},o){if(e===null)return;let{disparity:n}=t,r=Wt(t)/255,{values:a,width:h}=this.map,l=Math.min(e.bottom,o.bottom);for(let c=Math.max(e.top,o.top);c<l;c++){let{left:u,weights:d}=s[c-e.top],p=Math.min(o.right,u+d.length);for(let f=Math.max(o.left,u);f<p;f++){let m=c*h+f,g=n??this.#t.values[m];a[m]+=d[f-u]*r*(g-a[m])}}}#u(t){let{width:e,height:s}=this.map,{width:o,height:n}=this.#s;return Math.max(t.radius*Math.hypot(e/o,s/n),.5)}#m(t,e){let{width:s,height:o}=this.map,{x:n,y:r,width:a,height:h}=this.#s,l=p=>{let[f,m]=t.points[Math.max(0,Math.min(p,t.points.length-1))];return[(f-n)/a*s-.5,(m-r)/h*o-.5]},c=this.#u(t),u=t.edges&&this.#r!==null?this.#w(t):()=>null,d=null;for(let p=Math.max(e,1);p<=Math.max(t.points.length-1,1);p++)for(let[f,m]of Ue(l(p-1),l(p),2*c)){let g={left:Math.max(0,Math.floor(Math.min(f[0],m[0])-c)),top:Math.max(0,Math.floor(Math.min(f[1],m[1])-c)),right:Math.min(s,Math.ceil(Math.max(f[0],m[0])+c)+1),bottom:Math.min(o,Math.ceil(Math.max(f[1],m[1])+c)+1)};g.left>=g.right||g.top>=g.bottom||(Ge(this.#n,s,g,[f,m],u(p-1,g)),d=z(d,g))}return d}#w(t){let[e,s]=[this.#r.whole(),this.#r.here()],{width:o,height:n}=this.map,{width:r,height:a}=this.#s,h=Math.hypot(o/r,n/a),l=this.#u(t),c=Vt(t,l),u=zt(t.points,t.radius,e);return(d,p)=>{let f=kt(e,t.points[u[d]],t.radius),m=Xt(s,p,f,h);return(g,x)=>{if(g>=l*l)return g;let v=Math.min(1,(l-Math.sqrt(g))/c)*m[x];return(l-c*v)**2}}}#g(t,e){if(e===null)return{box:e,rows:[]};let{width:s}=this.map,o=Yt(t,this.#u(t)),n=[];for(let r=e.top;r<e.bottom;r++){let a=this.#n.subarray(r*s+e.left,r*s+e.right),h=Uint8Array.from(a,o);a.fill(1/0);let l=0,c=h.length;for(;l<c&&h[l]===0;)l++;for(;c>l&&h[c-1]===0;)c--;n.push({left:e.left+l,weights:h.slice(l,c)})}return{box:e,rows:n}}},Wt=({strength:i=1})=>i,Ne=([i,t],e,s)=>i===e&&t===s;function Ue([i,t],[e,s],o){let n=Math.max(1,Math.ceil(Math.hypot(e-i,s-t)/o)),r=a=>[i+(e-i)*a/n,t+(s-t)*a/n];return Array.from({length:n},(a,h)=>[r(h),r(h+1)])}function z(i,t){return i===null||t===null?i??t:{left:Math.min(i.left,t.left),top:Math.min(i.top,t.top),right:Math.max(i.right,t.right),bottom:Math.max(i.bottom,t.bottom)}}var Vt=({hardness:i},t)=>Math.max(t*(1-i),1);function Yt(i,t){let e=Vt(i,t);return s=>s>=t*t?0:Math.round(255*Math.min(1,(t-Math.sqrt(s))/e))}function Ge(i,t,e,[[s,o],[n,r]],a){let h=0,[l,c]=[n-s,r-o],u=l*l+c*c,d=u===0?0:1/u;for(let p=e.top;p<e.bottom;p++)for(let f=e.left;f<e.right;f++){let m=((f-s)*l+(p-o)*c)*d,g=Math.min(1,Math.max(0,m)),[x,v]=[f-s-g*l,p-o-g*c],b=x*x+v*v,A=a===null?b:a(b,h++);A<i[p*t+f]&&(i[p*t+f]=A)}}var X=[.95,1.2,1.4,1.8,2,2.4,2.8,3.5,4,4.8,5.6,6.7,8,9.5,11,13,16],Be=150;function R(i,t={},...e){let s=Object.assign(document.createElement(i),t);return s.append(...e),s}var Jt=({buffer:i,byteOffset:t,byteLength:e})=>new Uint8Array(i,t,e);async function He(i){let t=Jt(i.get("_picture")),e=t.indexOf(10),s=JSON.parse(new TextDecoder().decode(t.subarray(0,e))),o=e+1,n=m=>(o+=m,t.slice(o-m,o)),r=new Blob([n(s.photoBytes)],{type:"image/jpeg"}),a=s.width*s.height,h=n(2*a).buffer,l=s.hasSubject?n(a):null,c=s.lamps&&{values:Jt(i.get("_lamps")),...s.lamps},u=await createImageBitmap(r,{colorSpaceConversion:"none"}),d=null,p=()=>(d??=jt(u),d),f=new k($t(h,s),void 0,{whole:p,here:p});return{bitmap:u,painted:f,subject:l,lamps:c,width:s.width}}var J=class{#t=0;#s=0;#e=null;#i=!1;constructor(t,e,s){this.model=t,this.picture=e,this.canvas=R("canvas"),this.stop=R("input",{type:"range",min:"0",max:String(X.length-1),ariaLabel:"Aperture"}),this.stopText=R("output"),this.look=R("select",{ariaLabel:"Look"},R("option",{value:"",textContent:"Look \u2026"})),t.get("_looks").forEach(({title:n},r)=>{this.look.append(R("option",{value:String(r),textContent:n}))}),this.compare=R("button",{type:"button",textContent:"Original",title:"Hold to see the original"}),this.subject=R("button",{type:"button",textContent:"Focus on the subject"});let o=R("div",{className:"row"},R("label",{},"Aperture",this.stop,this.stopText),this.look,this.subject,this.compare);this.root=R("div",{className:"defocus-cell"},this.canvas,o),s.append(this.root),this.#n(),this.watcher=new IntersectionObserver(([{isIntersecting:n}])=>{n?this.#h():this.#a()}),this.watcher.observe(this.root)}get edit(){return this.model.get("edit")}#o(t){this.model.set("edit",{...structuredClone(this.edit),...t}),this.model.save_changes()}#n(){this.root.addEventListener("click",e=>{if(e.target!==this.canvas)return;let s=this.canvas.getBoundingClientRect(),o=r=>Math.min(1,Math.max(0,r)),n=[o((e.clientX-s.left)/s.width),o((e.clientY-s.top)/s.height)];this.#o({focus:{mode:"point",at:n,range:null}})}),this.stop.addEventListener("input",()=>{this.#o({lens:{...this.edit.lens,f_number:X[Number(this.stop.value)]}})}),this.look.addEventListener("change",()=>{let e=this.model.get("_looks")[Number(this.look.value)];if(this.look.value==="")return;this.look.value="";let{lens:s,...o}=e.edit;this.#o({...o,lens:{...this.edit.lens,...s}})}),this.subject.addEventListener("click",()=>{this.#o({focus:{mode:"auto",at:[],range:null}})});let t=e=>()=>{this.#i=e,this.update()};this.compare.addEventListener("pointerdown",t(!0));for(let e of["pointerup","pointerleave","blur"])this.compare.addEventListener(e,t(!1))}#h(){this.#e===null&&(this.#e=new H(this.canvas,()=>this.#r()),this.#r())}#r(){let{bitmap:t,painted:e,subject:s,lamps:o}=this.picture;this.#e.setPhoto(t),e.set(this.edit.strokes),this.#e.setLamps(o),this.#e.setDisparity(e.map,s),this.update()}#a(){if(this.#e===null)return;cancelAnimationFrame(this.#t),clearTimeout(this.#s),this.#e.dispose(),this.#e=null;let t=R("canvas",{width:this.canvas.width,height:this.canvas.height});this.canvas.replaceWith(t),this.canvas=t}update(){let{lens:t}=this.edit,e=X.reduce((r,a,h)=>Math.abs(a-t.f_number)<Math.abs(X[r]-t.f_number)?h:r,0);if(this.stop.value=String(e),this.stopText.textContent=`f/${t.f_number}`,this.#e===null)return;let{painted:s,subject:o}=this.picture,n=s.set(this.edit.strokes);n!==null&&this.#e.setDisparity(s.map,o,n),cancelAnimationFrame(this.#t),clearTimeout(this.#s),this.#t=requestAnimationFrame(()=>this.#f())}#f(){if(this.#i){this.#e.showOriginal();return}let{edit:t}=this,e=this.model.get("_facts"),s=Kt(t.focus,this.picture.painted.map,this.picture.subject,e),o=this.picture.width/e.width;this.#e.render({plane:{...s,holdsSubject:Number(s.holdsSubject)},gain:qt(e,t,s)*o,lens:t.lens,foreground:t.foreground}),this.#s=setTimeout(()=>this.#l(),Be)}#l(){this.#t=requestAnimationFrame(()=>{this.#e?.refine()&&this.#l()})}dispose(){this.watcher.disconnect(),this.#a(),this.root.remove()}},Ts={async render({model:i,el:t}){let e=new J(i,await He(i),t),s=()=>e.update();return i.on("change:edit",s),()=>{i.off("change:edit",s),e.dispose(),e.picture.bitmap.close()}}};export{Ts as default};
