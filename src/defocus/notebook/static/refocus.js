var L=o=>Math.max(1,.7*o);var J=`#version 300 es
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
`;var w=16,O=1,Q=.002,y=1.6,I=class{constructor(t,e,s=null){this.across=Math.ceil(t.width/w),this.down=Math.ceil(t.height/w);let{width:i,height:r}=t;this.width=i,this.height=r,this.disparity=this.#t(t.values),this.subject=e&&this.#t(e),this.alpha=s&&this.#t(s)}update(t,{left:e,top:s,right:i,bottom:r}){let n=l=>Math.max(0,Math.floor((l-O)/w)),a=(l,c)=>Math.min(c,Math.ceil((l+O)/w)),h=[n(e),a(i,this.across)];this.#s(this.disparity,t,h,[n(s),a(r,this.down)])}#t(t){let e=this.across*this.down,s={least:new t.constructor(e),most:new t.constructor(e)};return this.#s(s,t,[0,this.across],[0,this.down]),s}#s({least:t,most:e},s,i,r){let{across:n,width:a,height:h}=this;for(let l=r[0];l<r[1];l++){let c=Math.max(0,l*w-O),u=Math.min(h,(l+1)*w+O);for(let d=i[0];d<i[1];d++){let p=Math.max(0,d*w-O),f=Math.min(a,(d+1)*w+O),m=s[c*a+p],g=m;for(let x=c;x<u;x++)for(let v=x*a+p;v<x*a+f;v++){let b=s[v];b<m?m=b:b>g&&(g=b)}t[l*n+d]=m,e[l*n+d]=g}}}sort(t,e,s=null){let i=.35*e,r=L(e),n=this.across*this.down,a=new Float32Array(n),h=new Float32Array(n),l=new Float32Array(n);this.#i(t,a,h,l);let c=2*e;l.forEach((f,m)=>{l[m]=f>i?y*f+c+w:0}),nt(l,this.across,this.down);let u=new Uint8Array(n),d=new Uint8Array(n);for(let f=0;f<n;f++){let m=l[f]>0,g=this.alpha===null||this.alpha.least[f]===255,x=h[f]<=i&&g;u[f]=m?st:x?tt:et,g?a[f]>=r?d[f]=it:d[f]=h[f]<=.25*r&&!m?ot:$:d[f]=$}s!==null&&this.#e(s,h,c,u,d);let p=(f,m)=>Jt(f,m,this.across,this.down);return{still:p(u,tt),behind:p(u,et),both:p(u,st),kept:p(d,ot),gone:p(d,it),meeting:p(d,$)}}#e(t,e,s,i,r){let n=e.map((a,h)=>t[h]?y*a+s+2*w:0);nt(n,this.across,this.down),n.forEach((a,h)=>{a<=0&&(i[h]=rt),a<=w&&(r[h]=rt)})}#i({plane:t,gain:e,foreground:s},i,r,n){let a=.5*t.range,h=l=>{let c=l-t.disparity;return c>a?(c-a)*e*s:c<-a?(c+a)*e:0};for(let l=0;l<i.length;l++){let c=h(this.disparity.least[l]-Q),u=h(this.disparity.most[l]+Q),d=1,p=1;this.subject!==null&&(d=1-t.holdsSubject*this.subject.most[l]/255,p=1-t.holdsSubject*this.subject.least[l]/255);let f=c>0?c:u<0?-u:0;i[l]=f*d,r[l]=Math.max(-c,u)*p,n[l]=Math.max(0,u)*p}}},[tt,et,st]=[0,1,2],[ot,it,$]=[0,1,2],rt=3;function nt(o,t,e){let s=(i,r,n)=>{r<0||r>=t||n<0||n>=e||(o[i]=Math.max(o[i],o[n*t+r]-w))};for(let i=0;i<e;i++)for(let r=0;r<t;r++){let n=i*t+r;s(n,r-1,i);for(let a=-1;a<=1;a++)s(n,r+a,i-1)}for(let i=e-1;i>=0;i--)for(let r=t-1;r>=0;r--){let n=i*t+r;s(n,r+1,i);for(let a=-1;a<=1;a++)s(n,r+a,i+1)}}function Jt(o,t,e,s){let i=[];for(let r=0;r<s;r++)for(let n=0;n<e;){let a=n;for(;n<e&&o[r*e+n]===t;)n++;n>a?i.push(a,r,n,r+1):n++}return new Float32Array(i)}var _=8,W=64,at=`${M}${P}
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
`);var he=Math.PI*(3-Math.sqrt(5));function pt(o,t){if(o.blades===0)return 1;let e=2*Math.PI/o.blades,i=((t+o.rotation_deg*Math.PI/180)%e+e)%e-e/2,r=Math.cos(e/2)/Math.cos(i);return r+o.roundness*(1-r)}function le(o){if(o.blades===0)return 1;let t=720,e=0;for(let s=0;s<t;s++){let i=pt(o,2*Math.PI*s/t);e+=i*i*Math.PI/t}return Math.sqrt(Math.PI/e)}function ce(o,t){let e=o>0?.82:.6,s=1-(o>0?.7:2)*o;return t<e?s:1}function mt(o,t,e=0){let s=new Float32Array(t*4),i=le(o),r=Math.sqrt(o.squeeze),n=(.5+e*.7548776662)%1,a=0;for(let h=0;h<t;h++){let l=Math.sqrt((h+(e===0?.5:n))/t),c=h*he+e*2.399963*.618034,u=i*pt(o,c),d=u*u*ce(o.ring,l);s.set([l*u*Math.cos(c)*r,l*u*Math.sin(c)/r,l,d],h*4),a+=d}for(let h=0;h<t;h++)s[h*4+3]*=t/a;return s}var gt=`
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
}`;var F=class{constructor(t,e,s){this.gl=t,this.program=t.createProgram(),this.shaders=[[t.VERTEX_SHADER,e],[t.FRAGMENT_SHADER,s]].map(([i,r])=>{let n=t.createShader(i);return t.shaderSource(n,r),t.compileShader(n),t.attachShader(this.program,n),n}),t.bindAttribLocation(this.program,0,"run"),t.linkProgram(this.program),this.places=null}#t(){let{gl:t}=this;if(this.places=new Map,!t.getProgramParameter(this.program,t.LINK_STATUS)&&!t.isContextLost()){let e=this.shaders.map(s=>t.getShaderInfoLog(s));throw new Error(`The lens shader failed: ${[t.getProgramInfoLog(this.program),...e]}`)}for(let e of this.shaders)t.deleteShader(e)}#s(t){return this.places.has(t)||this.places.set(t,this.gl.getUniformLocation(this.program,t)),this.places.get(t)}draw(t,e){let{gl:s}=this;if(e.count===0)return;s.useProgram(this.program),this.places===null&&this.#t();let i=0;for(let[r,n]of Object.entries(t)){let a=this.#s(r);typeof n=="number"?s.uniform1f(a,n):Array.isArray(n)?s[`uniform${n.length}fv`](a,n):n instanceof D?(s.activeTexture(s.TEXTURE0+i),s.bindTexture(s.TEXTURE_2D,n.handle),s.uniform1i(a,i),i+=1):"int"in n?s.uniform1i(a,n.int):s.uniform4fv(a,n.vec4)}s.uniform2fv(this.#s("runStep"),e.step),s.bindBuffer(s.ARRAY_BUFFER,e.buffer),s.enableVertexAttribArray(0),s.vertexAttribPointer(0,4,s.FLOAT,!1,0,0),s.vertexAttribDivisor(0,1),s.drawArraysInstanced(s.TRIANGLE_STRIP,0,4,e.count)}},C=class{constructor(t){this.gl=t,this.buffer=t.createBuffer(),this.count=0}set(t,e){let{gl:s}=this;return this.count=t.length/4,this.step=e,s.bindBuffer(s.ARRAY_BUFFER,this.buffer),s.bufferData(s.ARRAY_BUFFER,t,s.STREAM_DRAW),this}},D=class{constructor(t){this.gl=t,this.handle=t.createTexture()}delete(){this.gl.deleteTexture(this.handle)}};function T(o,t){let e=new D(o);return o.activeTexture(o.TEXTURE0),o.bindTexture(o.TEXTURE_2D,e.handle),o.texParameteri(o.TEXTURE_2D,o.TEXTURE_WRAP_S,o.CLAMP_TO_EDGE),o.texParameteri(o.TEXTURE_2D,o.TEXTURE_WRAP_T,o.CLAMP_TO_EDGE),o.texParameteri(o.TEXTURE_2D,o.TEXTURE_MIN_FILTER,t),o.texParameteri(o.TEXTURE_2D,o.TEXTURE_MAG_FILTER,o.LINEAR),e}var N=class{constructor(t,e,s,i){this.gl=t,this.width=e,this.height=s,this.textures=i.map(r=>{let n=T(t,t.LINEAR);return t.texStorage2D(t.TEXTURE_2D,1,r,e,s),n}),this.handle=t.createFramebuffer(),t.bindFramebuffer(t.FRAMEBUFFER,this.handle),this.textures.forEach((r,n)=>{let a=t.COLOR_ATTACHMENT0+n;t.framebufferTexture2D(t.FRAMEBUFFER,a,t.TEXTURE_2D,r.handle,0)}),t.drawBuffers(i.map((r,n)=>t.COLOR_ATTACHMENT0+n))}bind(){let{gl:t}=this;t.bindFramebuffer(t.FRAMEBUFFER,this.handle),t.viewport(0,0,this.width,this.height)}clear(){let{gl:t}=this;this.bind(),t.clearColor(0,0,0,0),t.clear(t.COLOR_BUFFER_BIT)}delete(){for(let t of this.textures)t.delete();this.gl.deleteFramebuffer(this.handle)}};var ue={prepare:at,prepareStill:ht,tiles:lt,spread:ct,gatherBehind:ft,gatherBoth:dt,encodeCells:xt,keptPhoto:bt,gonePhoto:wt,composite:Et,box:Mt,maskComposite:At},fe={none:0,disparity:1,peaking:2},Rt=1e3,_t=["still","behind","both","kept","gone","meeting"],U=class{constructor(t,e){this.gl=t,this.source=e,this.programs=Object.fromEntries(Object.entries(ue).map(([s,i])=>[s,new F(t,J,i)])),t.bindVertexArray(t.createVertexArray()),this.targets=new Map,this.everywhere=new C(t).set(new Float32Array([0,0,Rt,Rt]),[1,1]),this.runs=Object.fromEntries(_t.map(s=>[s,new C(t)]))}prepare(t,e,s,i){let{gl:r,source:n,programs:a}=this,{width:h,height:l}=n.size;this.params=t,this.cellPx=e,this.#s();let c=Math.ceil(h/e),u=Math.ceil(l/e);this.cellExtent=[c*e/h,u*e/l];let d=this.#h("cells",c,u,[r.RGBA16F,r.RGBA16F,r.R16F]),p=Math.min(s,e),f={...this.#r(this.cellExtent),...this.#o(),cellPx:e,side:{int:p},lod:{int:Math.log2(e/p)},...this.#t()};d.bind(),a.prepare.draw(f,this.runs.behind),a.prepare.draw(f,this.runs.both);let m={photo:f.photo,cellLod:{int:Math.log2(e)}};a.prepareStill.draw({...this.#r(this.cellExtent),...m},this.runs.still);let[g,,x]=d.textures,v=[Math.ceil(c/_),Math.ceil(u/_)],b=this.#h("tiles",...v,[r.RG16F]);this.#a(b,a.tiles,{farCells:g,nearRadii:x});let A=Math.ceil(y*i/e/_)+1;this.#a(this.#h("reach",...v,[r.RG16F]),a.spread,{tiles:b.textures[0],reach:{int:Math.min(A,16)},beyond:y})}keepTo(t){let{behind:e,both:s}=this.#s(t);return(Tt(e)+Tt(s))*(w/this.cellPx)**2}#t(){let{lamps:t,opaque:e,diagonal:s,part:i,size:r}=this.source;return{lamps:t?.texture??e,lampsExtent:t?.extent??[1,1],gainAmount:t===null?0:this.params.lens.highlights,gainThreshold:this.params.lens.highlight_threshold,diagonalPx:s,photoSize:[r.width,r.height],window:[i.x,i.y,i.width,i.height]}}#s(t=null){let{source:e,params:s}=this,i=[w/e.size.width,w/e.size.height],r=e.front.depth.blocks.sort(s,this.cellPx,t);for(let n of _t)this.runs[n].set(r[n],i);return r}gather(t,e,s,i,r=null){let{gl:n,programs:a,runs:h,source:l}=this,c=this.targets.get("cells"),[u,d,p]=c.textures,f=[n.RGBA16F,n.RGBA16F],m=this.#h(t,c.width,c.height,f),{lens:g}=this.params,{x,y:v,width:b,height:A}=l.part,E={...this.#r(this.cellExtent),farCells:u,nearCells:d,nearRadii:p,tiles:this.targets.get("reach").textures[0],points:{vec4:mt(g,e,s)},pointCount:{int:e},jitter:i,turn:s,hasMatte:+(l.soft!==null),catEye:g.cat_eye,squeeze:Math.sqrt(g.squeeze),window:[x,v,b,A]};if(r===null||r.frame===0&&r.strip===0?m.clear():m.bind(),r!==null){let S=Math.ceil(c.height/r.strips);n.enable(n.SCISSOR_TEST),n.scissor(0,r.strip*S,c.width,S),n.enable(n.BLEND),n.blendColor(0,0,0,1/(r.frame+1)),n.blendFunc(n.CONSTANT_ALPHA,n.ONE_MINUS_CONSTANT_ALPHA)}a.gatherBehind.draw(E,h.behind),a.gatherBoth.draw(E,h.both),n.disable(n.BLEND),n.disable(n.SCISSOR_TEST)}encodeCells(t,e){let{gl:s}=this,i=this.targets.get(t),[r,n]=i.textures,a=[s.RGBA8,s.RGBA16F,s.RGBA16F],h=this.#h("shown",i.width,i.height,a),l={...this.#r(this.cellExtent),behindCells:r,beforeCells:n,smoothing:{int:e}};h.clear(),this.programs.encodeCells.draw(l,this.runs.behind),this.programs.encodeCells.draw(l,this.runs.both)}compose(){let{programs:t,runs:e,source:s,params:i}=this,[r,n,a]=this.targets.get("shown").textures,{front:h}=s,l=fe[i.overlay??"none"],c=this.#i(h.photo),{cellExtent:u}=this;this.#e(i.split??0,()=>{let d=l===0?e.meeting:this.everywhere;l===0&&(t.keptPhoto.draw(c,e.kept),t.gonePhoto.draw({...this.#n(),encodedCells:r,cellExtent:u},e.gone)),t.composite.draw({...c,...this.#o(),encodedCells:r,behindCells:n,beforeCells:a,cellExtent:u,gonePx:L(this.cellPx),overlay:{int:l}},d)})}finished(t,e){let s=this.#i({encoded:t});this.#e(e,()=>this.programs.keptPhoto.draw(s,this.everywhere))}original(){this.#e(1,()=>{})}mask(t){let{gl:e,programs:s,source:i}=this,{width:r,height:n}=i.size;this.params=t;let a=Math.max(1,Math.round(t.mask.width)),h=this.#h("row",r,n,[e.RGBA8]),l=this.#h("column",r,n,[e.RGBA8]),c={photoSize:[r,n],box:a},{encoded:u}=i.photo,d=(p,f)=>({...c,picture:p,along:f});this.#a(h,s.box,d(u,[1,0]),[1,1]),this.#a(l,s.box,d(h.textures[0],[0,1]),[1,1]),this.#e(t.split??0,()=>{let p={...this.#n(),encodedPhoto:u,depth:i.depth.texture,blurred:l.textures[0],threshold:t.mask.threshold};s.maskComposite.draw(p,this.everywhere)})}#e(t,e){let{gl:s,programs:i,source:r}=this,{width:n,height:a}=s.canvas;s.bindFramebuffer(s.FRAMEBUFFER,null),s.viewport(0,0,n,a);let h=Math.round(n*t);s.enable(s.SCISSOR_TEST),h<n&&(s.scissor(h,0,n-h,a),e()),h>0&&(s.scissor(0,0,h,a),i.keptPhoto.draw(this.#i(r.photo),this.everywhere)),s.disable(s.SCISSOR_TEST)}#i({encoded:t}){let{width:e,height:s}=this.source.size,i=this.gl.canvas.width;return{...this.#n(),encodedPhoto:t,photoSize:[e,s],oneToOne:{int:+(i===e)},shrunk:Math.round(Math.log2(e/i))}}#o(){let{plane:t,gain:e,foreground:s}=this.params,{front:i,soft:r}=this.source;return{photo:i.photo.light,depth:i.depth.texture,alphaMatte:i.alpha,hasMatte:+(r!==null),planeDisparity:t.disparity,planeRange:t.range,gain:e,foreground:s,holdsSubject:Number(t.holdsSubject)}}#r=t=>({extent:t,upright:1});#n=()=>({extent:[1,1],upright:-1});#a(t,e,s,i=this.cellExtent){t.bind(),e.draw({...this.#r(i),...s},this.everywhere)}#h(t,e,s,i){let r=this.targets.get(t);if(r!==void 0&&r.width===e&&r.height===s)return r;r?.delete();let n=new N(this.gl,e,s,i);return this.targets.set(t,n),n}};function Tt(o){let t=0;for(let e=0;e<o.length;e+=4)t+=o[e+2]-o[e];return t}var G=class{#t=void 0;constructor(t){this.gl=t,this.photo=null,this.depth=null,this.soft=null,this.elsewhere=null,this.lamps=null,this.opaque=Ct(t,new Uint8Array([255]),{width:1,height:1})}get complete(){return this.photo!==null&&this.depth!==null}clear(){this.setSoftEdges(null),this.setLamps(null),this.elsewhere?.texture.delete(),this.elsewhere=null,Ot(this.photo),this.depth?.texture.delete(),this.photo=null,this.depth=null}setPhoto(t,e){this.clear(),this.photo=St(this.gl,t),this.size={width:t.width,height:t.height},this.part=e,this.#t=void 0}setDisparity(t,e,s=null){if(this.setSoftEdges(null),s!==null&&this.depth!==null){pe(this.gl,this.depth,t,e,s);return}this.depth?.texture.delete(),this.depth=yt(this.gl,t,e)}setLamps(t){this.lamps?.texture.delete(),this.#t=void 0,this.lamps=t&&{...t,texture:me(this.gl,t)}}get lights(){return this.#t===void 0&&(this.#t=this.lamps&&this.#s()),this.#t}#s(){let{values:t,width:e,height:s,extent:i}=this.lamps,{across:r,down:n}=this.front.depth.blocks,a=new Uint8Array(r*n),h=!1;for(let l=0;l<e*s;l++){if(t[4*l+3]===0)continue;let[c,u]=[l%e,Math.floor(l/e)],d=this.#e(c,e,i[0],this.part.x,this.part.width,this.size.width),p=this.#e(u,s,i[1],this.part.y,this.part.height,this.size.height);for(let f=Math.max(0,p[0]);f<=Math.min(n-1,p[1]);f++)for(let m=Math.max(0,d[0]);m<=Math.min(r-1,d[1]);m++)a[f*r+m]=1,h=!0}return h?a:null}#e(t,e,s,i,r,n){let a=h=>Math.floor((h/e*s-i)/r*(n/w));return[a(t),a(t+1)]}finished(t){return this.elsewhere?.image!==t&&(this.elsewhere?.texture.delete(),this.elsewhere={image:t,texture:de(this.gl,t)}),this.elsewhere.texture}setSoftEdges(t){this.soft!==null&&(Ot(this.soft.photo),this.soft.depth.texture.delete(),this.soft.alpha.delete(),this.soft=null),t!==null&&(this.soft={alpha:Ct(this.gl,t.alpha,t.map),photo:St(this.gl,t.image),depth:yt(this.gl,t.map,t.subject,t.alpha)})}get front(){return this.soft??{photo:this.photo,depth:this.depth,alpha:this.opaque}}get diagonal(){return Math.hypot(this.size.width/this.part.width,this.size.height/this.part.height)}};function St(o,t){o.pixelStorei(o.UNPACK_COLORSPACE_CONVERSION_WEBGL,o.NONE);let[e,s]=[o.SRGB8_ALPHA8,o.RGBA8].map(i=>{let r=T(o,o.LINEAR_MIPMAP_NEAREST);return o.texImage2D(o.TEXTURE_2D,0,i,o.RGBA,o.UNSIGNED_BYTE,t),o.generateMipmap(o.TEXTURE_2D),r});return{light:e,encoded:s}}function de(o,t){o.pixelStorei(o.UNPACK_COLORSPACE_CONVERSION_WEBGL,o.NONE);let e=T(o,o.LINEAR);return o.texImage2D(o.TEXTURE_2D,0,o.RGBA8,o.RGBA,o.UNSIGNED_BYTE,t),e}function Ot(o){o?.light.delete(),o?.encoded.delete()}function yt(o,t,e,s=null){let{width:i,height:r}=t,n=Lt(t,e,{left:0,top:0,right:i,bottom:r}),a=T(o,o.LINEAR);return o.texImage2D(o.TEXTURE_2D,0,o.RG16F,i,r,0,o.RG,o.FLOAT,n),{texture:a,blocks:new I(t,e,s)}}function pe(o,{texture:t,blocks:e},s,i,r){let n=Lt(s,i,r),a=[r.right-r.left,r.bottom-r.top];o.activeTexture(o.TEXTURE0),o.bindTexture(o.TEXTURE_2D,t.handle),o.texSubImage2D(o.TEXTURE_2D,0,r.left,r.top,...a,o.RG,o.FLOAT,n),e.update(s.values,r)}function Lt({values:o,width:t},e,{left:s,top:i,right:r,bottom:n}){let a=new Float32Array((r-s)*(n-i)*2),h=0;for(let l=i;l<n;l++)for(let c=l*t+s;c<l*t+r;c++)a[h++]=o[c],a[h++]=e===null?0:e[c]/255;return a}function me(o,{values:t,width:e,height:s}){let i=T(o,o.NEAREST);return o.texImage2D(o.TEXTURE_2D,0,o.RGBA8,e,s,0,o.RGBA,o.UNSIGNED_BYTE,t),i}function Ct(o,t,{width:e,height:s}){let i=T(o,o.LINEAR);return o.pixelStorei(o.UNPACK_ALIGNMENT,1),o.texImage2D(o.TEXTURE_2D,0,o.R8,e,s,0,o.RED,o.UNSIGNED_BYTE,t),i}var Pt=[{scale:.4,cell:8,radius:8,points:14},{scale:.5,cell:4,radius:10,points:20},{scale:.75,cell:4,radius:12,points:24},{scale:1,cell:4,radius:16,points:28},{scale:1,cell:2,radius:20,points:48},{scale:1,cell:1,radius:32,points:64}],It=2,Ft=3,Dt=200,ge=9,xe=60,Nt={quick:16,slow:12},ve=6,Ut={most:24,least:8},be=3e6,we=8e4,Ee=["EXT_color_buffer_float","EXT_color_buffer_half_float"],Gt="This browser offers no WebGL2 with float targets.",B=class extends Error{},H=class{constructor(t,e=()=>{}){let s=t.getContext("webgl2",{alpha:!1,antialias:!1,depth:!1,preserveDrawingBuffer:!0,powerPreference:"high-performance"});if(s===null)throw new B(Gt);this.canvas=t,this.gl=s,this.#t(),this.level=It,this.frameMs=0,t.addEventListener("webglcontextlost",i=>i.preventDefault()),t.addEventListener("webglcontextrestored",()=>{this.#t(),e()})}#t(){let{gl:t}=this;if(Ee.map(s=>t.getExtension(s)).every(s=>s===null)&&!this.lost)throw new B(Gt);this.source=new G(t),this.passes=new U(t,this.source),this.rest=null}get lost(){return this.gl.isContextLost()}get mostPx(){return this.gl.getParameter(this.gl.MAX_TEXTURE_SIZE)??0}get slow(){return this.level<=Ft}get complete(){return this.source.complete}get size(){return this.source.size}setPhoto(t,e={x:0,y:0,width:1,height:1}){this.rest=null,this.lost||this.source.setPhoto(t,e)}setLamps(t){this.lost||this.source.setLamps(t),this.rest=null}setDisparity(t,e,s=null){this.rest=null,this.lost||this.source.setDisparity(t,e,s)}setSoftEdges(t){this.lost||this.source.soft===null&&t===null||(this.source.setSoftEdges(t),this.rest=null)}render(t){if(this.lost||!this.source.complete)return;let e=performance.now(),s=Pt[this.level];if(this.params=t,t.mask){this.#n(1),this.passes.mask(t),this.rest=null,this.#h(e);return}this.#n(s.scale),this.#o(s.cell,s.radius,2),this.passes.gather("blurred",s.points,0,s.points<40?.8:.4),this.passes.encodeCells("blurred",1),this.passes.compose(),this.#h(e),this.rest={frame:0,strip:0,strips:1,lights:!1,frames:0}}showFinished(t,e=0){this.lost||this.source.photo===null||(this.#n(1),this.passes.finished(this.source.finished(t),e),this.rest=null)}showOriginal(){this.lost||this.source.photo===null||(this.#n(1),this.passes.original())}warmUp(t){let[e,s]=[512,32],i=new ImageData(e,s),n={values:Float32Array.from({length:e*s},(c,u)=>.5*Math.floor(3*(u%e/e))),width:e,height:s},a=new Uint8Array(e*s),h=a.map((c,u)=>u%e<8?0:255);this.setPhoto(i),this.showOriginal(),this.setDisparity(n,a);let l={disparity:.5,range:.1,holdsSubject:0};for(let c of[null,{image:i,map:n,subject:a,alpha:h}])this.setSoftEdges(c),this.render({plane:l,gain:40,lens:t,foreground:1}),this.refine();this.source.clear(),this.rest=null,this.level=It}refine(){let{rest:t,passes:e}=this;if(t===null||this.lost)return!1;let{slow:s}=this;if(t.frame>=Bt(t,s)&&!this.#e(t,s))return!1;let i=Bt(t,s),r=performance.now();return t.frame===0&&t.strip===0&&!t.lights&&this.#s(t,s),e.gather("sum",W,t.frame+1,.8,t),t.strip+=1,t.strip>=t.strips&&(t.strip=0,t.frame+=1,(!t.lights||t.frame===i)&&(this.#n(1),e.encodeCells("sum",0),e.compose())),this.#a(),this.refineMs=performance.now()-r,t.frame<i||this.#i(t,s)}#s(t,e){this.#o(e?2:1,e?24:64,4),t.strips=e?ve:1}#e(t,e){if(!this.#i(t,e))return!1;this.#o(1,64,4);let s=this.passes.keepTo(this.source.lights),i=Math.min(Ut.most,Math.floor(be/Math.max(s,1))),r=Math.max(1,Math.ceil(s/we));return Object.assign(t,{lights:!0,frame:0,strip:0,strips:r,frames:i}),i<Ut.least&&(t.frames=0),t.frames>0}#i(t,e){let{overlay:s="none"}=this.params;return e&&!t.lights&&s==="none"&&this.source.lights!==null}dispose(){this.gl.getExtension("WEBGL_lose_context")?.loseContext()}#o(t,e,s){let i=this.#r(),r=2**Math.round(Math.log2(i/e)),n=Math.max(t,Math.min(w,r));this.passes.prepare(this.params,n,s,i)}#r(){let{plane:t,gain:e}=this.params;return Math.max(1.2-t.disparity,t.disparity+.2)*e}#n(t){let e=Math.max(1,Math.round(this.size.width*t)),s=Math.max(1,Math.round(this.size.height*t));(this.canvas.width!==e||this.canvas.height!==s)&&(this.canvas.width=e,this.canvas.height=s)}#a(){let{gl:t}=this;t.bindFramebuffer(t.FRAMEBUFFER,null),t.readPixels(0,0,1,1,t.RGBA,t.UNSIGNED_BYTE,new Uint8Array(4))}#h(t){this.#a(),this.frameMs=performance.now()-t;let e=this.frameMs>2.5*Dt?2:+(this.frameMs>Dt),s=this.level<Ft?xe:ge,i=+(this.frameMs<s);this.level=Math.min(Pt.length-1,Math.max(0,this.level-e+i))}},Bt=({lights:o,frames:t},e)=>o?t:e?Nt.slow:Nt.quick;function jt(o){let{width:t,height:e}=o,s=new OffscreenCanvas(t,e).getContext("2d",{willReadFrequently:!0});return s.drawImage(o,0,0),s.getImageData(0,0,t,e)}function zt(o,t,{width:e,height:s}){let i=.5*Math.max(t*Math.hypot(e,s),.5),r=[0],n=0;for(let a=1;a<o.length;a++){let[h,l]=o[a];n+=Math.hypot((h-o[a-1][0])*e,(l-o[a-1][1])*s);let c=n>=i;c&&(n=0),r.push(c?a:r[a-1])}return r}function kt({data:o,width:t,height:e},[s,i],r){let n=.15*Math.max(r*Math.hypot(t,e),.5),a=(m,g,x)=>Math.min(Math.max(m,g),x),[h,l]=[s*t,i*e],c=a(Math.floor(h-n),0,t-1),u=a(Math.floor(l-n),0,e-1),d=a(Math.floor(h+n)+1,c+1,t),p=a(Math.floor(l+n)+1,u+1,e),f=(d-c)*(p-u);return[0,1,2].map(m=>{let g=new Uint8Array(f),x=0;for(let v=u;v<p;v++)for(let b=c;b<d;b++)g[x++]=o[4*(v*t+b)+m];return g.sort()[f>>1]})}function Xt(o,t,[e,s,i],r){let n=Te(o,t,5e-4*r),a=new Float32Array(n.length/3);for(let h=0;h<a.length;h++){let l=Math.hypot(n[3*h]-e,n[3*h+1]-s,n[3*h+2]-i);a[h]=Math.min(1,Math.max(0,(64-l)/38))}return a}function Te({data:o,width:t,height:e},{left:s,top:i,right:r,bottom:n},a){let h=Math.ceil(2*a),l=Array.from({length:2*h+1},(x,v)=>Math.exp(-((v-h)**2)/(2*a**2))),c=l.reduce((x,v)=>x+v,0),u=l.map(x=>x/c),d=r-s,p=n-i,f=new Float32Array(3*d*(p+2*h)),m=(x,v)=>Math.min(Math.max(x,0),v-1);for(let x=0;x<p+2*h;x++){let v=m(i+x-h,e)*t;for(let b=0;b<d;b++){let A=3*(x*d+b);for(let E=0;E<u.length;E++){let S=4*(v+m(s+b+E-h,t));f[A]+=u[E]*o[S],f[A+1]+=u[E]*o[S+1],f[A+2]+=u[E]*o[S+2]}}}let g=new Float32Array(3*d*p);for(let x=0;x<p;x++)for(let v=0;v<u.length;v++){let b=3*(x+v)*d,A=3*x*d;for(let E=0;E<3*d;E++)g[A+E]+=u[v]*f[b+E]}return g}function $t(o,{width:t,height:e,low:s,high:i}){let r=new Uint16Array(o),n=new Float32Array(r.length),a=(i-s)/65535;for(let h=0;h<r.length;h++)n[h]=s+r[h]*a;return{values:n,width:t,height:e}}var Le=4e4;function Pe(o,t,e){return .043*Math.hypot(o,t)/e}function Ie(o,t,e,s,i){let n=1/Math.max(o.low+o.perUnit*s.disparity,1e-4),a=t/36*e,h=t/1e3,l=a*h/(2*i)*(n/Math.max(n-h,1e-6));return o.perUnit*l}function qt(o,t,e){let{width:s,height:i,focal35mm:r,unit:n,closeness:a}=o,{amount:h,by_distance:l,lens:c}=t;return r===null?h*(l?a:1)*Pe(s,i,c.f_number):h*Ie(n,r,Math.max(s,i),e,c.f_number)}function Kt({mode:o,at:t,range:e},s,i,r){let n;return o==="point"?n=Fe(s,i,t[0],t[1],r.subjectRange):o==="rectangle"?n=De(s,i,t,r.subjectRange):o==="disparity"?n={disparity:t[0],range:.06,holdsSubject:!1}:n=r.planes[o],e===null?n:{disparity:n.disparity,range:e,holdsSubject:!1}}function Fe(o,t,e,s,i){let r=Ne(o,e,s),n=j(e*o.width,o.width),a=j(s*o.height,o.height),h=t!==null&&t[a*o.width+n]>127;return{disparity:r,range:h?i:.06,holdsSubject:h}}function De(o,t,[e,s,i,r],n){let a=Y(o.values,o,e,s,i,r),h=a[a.length>>1];if(t!==null){let c=Y(t,o,e,s,i,r);if(c[c.length>>1]>127)return{disparity:h,range:n,holdsSubject:!0}}let l=a[Math.floor(.8*a.length)]-a[Math.floor(.2*a.length)];return{disparity:h,range:Math.min(.3,Math.max(.06,l)),holdsSubject:!1}}function Ne(o,t,e){let s=.004,i=Y(o.values,o,t-s,e-s,t+s,e+s);return i[i.length>>1]}function Y(o,{width:t,height:e},s,i,r,n){let a=j(s*t,t),h=Math.max(a+1,Math.min(t,Math.ceil(r*t))),l=j(i*e,e),c=Math.max(l+1,Math.min(e,Math.ceil(n*e))),u=Math.ceil(Math.sqrt((h-a)*(c-l)/Le)),d=Math.ceil((h-a)/u),p=new o.constructor(d*Math.ceil((c-l)/u)),f=0;for(let m=l;m<c;m+=u)for(let g=a;g<h;g+=u)p[f++]=o[m*t+g];return p.sort()}function j(o,t){return Math.max(0,Math.min(t-1,Math.floor(o)))}var Ue={x:0,y:0,width:1,height:1},k=class{#t;#s;#e=[];#i=new WeakMap;#o=null;#r=null;#n=null;#a;constructor(t,e=Ue,s=null){this.#t=t,this.#s=e,this.#a=s,this.map=t}get plain(){return this.#t}set(t){let e=this.#e;this.#e=t;let s=0;for(;s<e.length&&s<t.length&&e[s]===t[s];)s++;let i=e.slice(s),r=t.slice(s);return i.length===0&&r.length===0?null:(this.map===this.#t&&this.#h(),i.length<=1&&r.length===1&&this.#f(i[0],r[0])?this.#l(r[0],i[0]?.points.length??0):this.#v(t.slice(0,s),i,r))}#h(){this.map={...this.#t,values:this.#t.values.slice()}}#f(t,e){return t===void 0?!this.#i.has(e):this.#o?.stroke!==t||t.points.length>e.points.length?!1:["radius","hardness","disparity","strength","edges"].every(i=>t[i]===e[i])&&t.points.every(([i,r],n)=>Ge(e.points[n],i,r))}#l(t,e){e===0&&(this.#c(),this.#x());let s=this.#m(t,e);if(this.#o={stroke:t,box:z(this.#o?.box??null,s)},s===null)return null;let{values:i,width:r}=this.map,n=Yt(t,this.#u(t)),{disparity:a}=t,h=Wt(t)/255;for(let l=s.top;l<s.bottom;l++)for(let c=l*r+s.left;c<l*r+s.right;c++){let u=this.#n[c],d=a??this.#t.values[c];i[c]=u+n(this.#r[c])*h*(d-u)}return s}#x(){let{length:t}=this.map.values;this.#r??=new Float32Array(t).fill(1/0),this.#n??=new Float32Array(t),this.#n.set(this.map.values)}#c(){if(this.#o===null)return;let{stroke:t,box:e}=this.#o;this.#o=null,this.#i.set(t,this.#g(t,e))}#d(t){this.#o?.stroke===t&&this.#c();let e=this.#i.get(t);return e===void 0&&(this.#c(),this.#r??=new Float32Array(this.map.values.length).fill(1/0),e=this.#g(t,this.#m(t,0)),this.#i.set(t,e)),e}#v(t,e,s){let i=null;for(let r of e)i=z(i,this.#d(r).box);this.#c(),i!==null&&this.#b(i,t);for(let r of s){let n=this.#d(r);n.box!==null&&(this.#p(r,n,n.box),i=z(i,n.box))}return i}#b({left:t,top:e,right:s,bottom:i},r){let{values:n,width:a}=this.map;for(let h=e;h<i;h++){let[l,c]=[h*a+t,h*a+s];n.set(this.#t.values.subarray(l,c),l)}for(let h of r)this.#p(h,this.#d(h),{left:t,top:e,right:s,bottom:i})}#p(t,{box:e,rows:s},i){if(e===null)return;let{disparity:r}=t,n=Wt(t)/255,{values:a,width:h}=this.map,l=Math.min(e.bottom,i.bottom);for(let c=Math.max(e.top,i.top);c<l;c++){let{left:u,weights:d}=s[c-e.top],p=Math.min(i.right,u+d.length);for(let f=Math.max(i.left,u);f<p;f++){let m=c*h+f,g=r??this.#t.values[m];a[m]+=d[f-u]*n*(g-a[m])}}}#u(t){let{width:e,height:s}=this.map,{width:i,height:r}=this.#s;return Math.max(t.radius*Math.hypot(e/i,s/r),.5)}#m(t,e){let{width:s,height:i}=this.map,{x:r,y:n,width:a,height:h}=this.#s,l=p=>{let[f,m]=t.points[Math.max(0,Math.min(p,t.points.length-1))];return[(f-r)/a*s-.5,(m-n)/h*i-.5]},c=this.#u(t),u=t.edges&&this.#a!==null?this.#w(t):()=>null,d=null;for(let p=Math.max(e,1);p<=Math.max(t.points.length-1,1);p++)for(let[f,m]of Be(l(p-1),l(p),2*c)){let g={left:Math.max(0,Math.floor(Math.min(f[0],m[0])-c)),top:Math.max(0,Math.floor(Math.min(f[1],m[1])-c)),right:Math.min(s,Math.ceil(Math.max(f[0],m[0])+c)+1),bottom:Math.min(i,Math.ceil(Math.max(f[1],m[1])+c)+1)};g.left>=g.right||g.top>=g.bottom||(He(this.#r,s,g,[f,m],u(p-1,g)),d=z(d,g))}return d}#w(t){let[e,s]=[this.#a.whole(),this.#a.here()],{width:i,height:r}=this.map,{width:n,height:a}=this.#s,h=Math.hypot(i/n,r/a),l=this.#u(t),c=Vt(t,l),u=zt(t.points,t.radius,e);return(d,p)=>{let f=kt(e,t.points[u[d]],t.radius),m=Xt(s,p,f,h);return(g,x)=>{if(g>=l*l)return g;let v=Math.min(1,(l-Math.sqrt(g))/c)*m[x];return(l-c*v)**2}}}#g(t,e){if(e===null)return{box:e,rows:[]};let{width:s}=this.map,i=Yt(t,this.#u(t)),r=[];for(let n=e.top;n<e.bottom;n++){let a=this.#r.subarray(n*s+e.left,n*s+e.right),h=Uint8Array.from(a,i);a.fill(1/0);let l=0,c=h.length;for(;l<c&&h[l]===0;)l++;for(;c>l&&h[c-1]===0;)c--;r.push({left:e.left+l,weights:h.slice(l,c)})}return{box:e,rows:r}}},Wt=({strength:o=1})=>o,Ge=([o,t],e,s)=>o===e&&t===s;function Be([o,t],[e,s],i){let r=Math.max(1,Math.ceil(Math.hypot(e-o,s-t)/i)),n=a=>[o+(e-o)*a/r,t+(s-t)*a/r];return Array.from({length:r},(a,h)=>[n(h),n(h+1)])}function z(o,t){return o===null||t===null?o??t:{left:Math.min(o.left,t.left),top:Math.min(o.top,t.top),right:Math.max(o.right,t.right),bottom:Math.max(o.bottom,t.bottom)}}var Vt=({hardness:o},t)=>Math.max(t*(1-o),1);function Yt(o,t){let e=Vt(o,t);return s=>s>=t*t?0:Math.round(255*Math.min(1,(t-Math.sqrt(s))/e))}function He(o,t,e,[[s,i],[r,n]],a){let h=0,[l,c]=[r-s,n-i],u=l*l+c*c,d=u===0?0:1/u;for(let p=e.top;p<e.bottom;p++)for(let f=e.left;f<e.right;f++){let m=((f-s)*l+(p-i)*c)*d,g=Math.min(1,Math.max(0,m)),[x,v]=[f-s-g*l,p-i-g*c],b=x*x+v*v,A=a===null?b:a(b,h++);A<o[p*t+f]&&(o[p*t+f]=A)}}var X=[.95,1.2,1.4,1.8,2,2.4,2.8,3.5,4,4.8,5.6,6.7,8,9.5,11,13,16],je=150;function R(o,t={},...e){let s=Object.assign(document.createElement(o),t);return s.append(...e),s}var Zt=({buffer:o,byteOffset:t,byteLength:e})=>new Uint8Array(o,t,e);async function ze(o){let t=Zt(o.get("_picture")),e=t.indexOf(10),s=JSON.parse(new TextDecoder().decode(t.subarray(0,e))),i=e+1,r=m=>(i+=m,t.slice(i-m,i)),n=new Blob([r(s.photoBytes)],{type:"image/jpeg"}),a=s.width*s.height,h=r(2*a).buffer,l=s.hasSubject?r(a):null,c=s.lamps&&{values:Zt(o.get("_lamps")),...s.lamps},u=await createImageBitmap(n,{colorSpaceConversion:"none"}),d=null,p=()=>(d??=jt(u),d),f=new k($t(h,s),void 0,{whole:p,here:p});return{bitmap:u,painted:f,subject:l,lamps:c,width:s.width}}var Z=class{#t=0;#s=0;#e=null;#i=!1;constructor(t,e,s){this.model=t,this.picture=e,this.canvas=R("canvas"),this.stop=R("input",{type:"range",min:"0",max:String(X.length-1),ariaLabel:"Aperture"}),this.stopText=R("output"),this.look=R("select",{ariaLabel:"Look"},R("option",{value:"",textContent:"Look \u2026"})),t.get("_looks").forEach(({title:r},n)=>{this.look.append(R("option",{value:String(n),textContent:r}))}),this.compare=R("button",{type:"button",textContent:"Original",title:"Hold to see the original"}),this.subject=R("button",{type:"button",textContent:"Focus on the subject"});let i=R("div",{className:"row"},R("label",{},"Aperture",this.stop,this.stopText),this.look,this.subject,this.compare);this.root=R("div",{className:"defocus-cell"},this.canvas,i),s.append(this.root),this.#r(),this.watcher=new IntersectionObserver(([{isIntersecting:r}])=>{r?this.#n():this.#h()}),this.watcher.observe(this.root)}get edit(){return this.model.get("edit")}#o(t){this.model.set("edit",{...structuredClone(this.edit),...t}),this.model.save_changes()}#r(){this.root.addEventListener("click",e=>{if(e.target!==this.canvas)return;let s=this.canvas.getBoundingClientRect(),i=n=>Math.min(1,Math.max(0,n)),r=[i((e.clientX-s.left)/s.width),i((e.clientY-s.top)/s.height)];this.#o({focus:{mode:"point",at:r,range:null}})}),this.stop.addEventListener("input",()=>{this.#o({lens:{...this.edit.lens,f_number:X[Number(this.stop.value)]}})}),this.look.addEventListener("change",()=>{let e=this.model.get("_looks")[Number(this.look.value)];if(this.look.value==="")return;this.look.value="";let{lens:s,...i}=e.edit;this.#o({...i,lens:{...this.edit.lens,...s}})}),this.subject.addEventListener("click",()=>{this.#o({focus:{mode:"auto",at:[],range:null}})});let t=e=>()=>{this.#i=e,this.update()};this.compare.addEventListener("pointerdown",t(!0));for(let e of["pointerup","pointerleave","blur"])this.compare.addEventListener(e,t(!1))}#n(){this.#e===null&&(this.#e=new H(this.canvas,()=>this.#a()),this.#a())}#a(){let{bitmap:t,painted:e,subject:s,lamps:i}=this.picture;this.#e.setPhoto(t),e.set(this.edit.strokes),this.#e.setLamps(i),this.#e.setDisparity(e.map,s),this.update()}#h(){if(this.#e===null)return;cancelAnimationFrame(this.#t),clearTimeout(this.#s),this.#e.dispose(),this.#e=null;let t=R("canvas",{width:this.canvas.width,height:this.canvas.height});this.canvas.replaceWith(t),this.canvas=t}update(){let{lens:t}=this.edit,e=X.reduce((n,a,h)=>Math.abs(a-t.f_number)<Math.abs(X[n]-t.f_number)?h:n,0);if(this.stop.value=String(e),this.stopText.textContent=`f/${t.f_number}`,this.#e===null)return;let{painted:s,subject:i}=this.picture,r=s.set(this.edit.strokes);r!==null&&this.#e.setDisparity(s.map,i,r),cancelAnimationFrame(this.#t),clearTimeout(this.#s),this.#t=requestAnimationFrame(()=>this.#f())}#f(){if(this.#i){this.#e.showOriginal();return}let{edit:t}=this,e=this.model.get("_facts"),s=Kt(t.focus,this.picture.painted.map,this.picture.subject,e),i=this.picture.width/e.width;this.#e.render({plane:{...s,holdsSubject:Number(s.holdsSubject)},gain:qt(e,t,s)*i,lens:t.lens,foreground:t.foreground}),this.#s=setTimeout(()=>this.#l(),je)}#l(){this.#t=requestAnimationFrame(()=>{this.#e?.refine()&&this.#l()})}dispose(){this.watcher.disconnect(),this.#h(),this.root.remove()}},Os={async render({model:o,el:t}){let e=new Z(o,await ze(o),t),s=()=>e.update();return o.on("change:edit",s),()=>{o.off("change:edit",s),e.dispose(),e.picture.bitmap.close()}}};export{Os as default};
