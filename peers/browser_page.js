/** The page of browser.mjs: one program in it, which reads expressions of a canvas. Each is loaded with what it needs for faces and expressions, and nothing else. */

const modules = "/modules";
const wasm = `${modules}/@tensorflow/tfjs-backend-wasm/dist/`;

/** Fails where TensorFlow.js took another backend than it was told. */
async function on(tf, backend) {
  await tf.ready();
  if (tf.getBackend() !== backend) throw new Error(`it takes ${tf.getBackend()} in place of ${backend}`);
  const threads = backend === "wasm" ? `, ${tf.getThreadsCount()} threads` : "";
  return `TensorFlow.js ${tf.version["tfjs-core"] ?? tf.version_core}, ${backend}${threads}`;
}

const programs = {
  async moue({ device, find }) {
    const { Moue } = await import("/moue/index.js");
    const moue = await Moue.load({ device });
    const read = async (canvas) => {
      const { faces } = await moue.analyze(canvas, { find });
      return faces.map(({ box, label }) => ({ box: [box.x, box.y, box.width, box.height], label }));
    };
    return { says: `moue ${moue.version}, ${moue.adapter.name}, ${moue.adapter.backend}`, read };
  },

  async human({ backend }) {
    const { Human } = await import(`${modules}/@vladmandic/human/dist/human.esm.js`);
    const off = { enabled: false };
    const human = new Human({
      backend,
      wasmPath: wasm,
      modelBasePath: `${modules}/@vladmandic/human/models/`,
      cacheModels: false,
      // Without, the second answer to a picture is the first one.
      cacheSensitivity: 0,
      debug: false,
      face: { enabled: true, detector: { maxDetected: 20 }, mesh: off, iris: off, description: off, emotion: { enabled: true } },
      ...Object.fromEntries(["body", "hand", "gesture", "object", "segmentation", "filter"].map((name) => [name, off])),
    });
    human.tf.setThreadsCount(navigator.hardwareConcurrency);
    await human.load();
    const says = await on(human.tf, backend);
    // Without a mesh it gives the square that it cuts out, so many times its finder's.
    const { scale } = human.config.face.detector;
    const shrunk = ([x, y, width, height]) => [x + (width - width / scale) / 2, y + (height - height / scale) / 2, width / scale, height / scale];
    const read = async (canvas) => {
      const { face, error } = await human.detect(canvas);
      if (error) throw new Error(error);
      return face.map(({ box, emotion }) => ({ box: shrunk(box), label: [...emotion].sort((one, other) => other.score - one.score)[0]?.emotion }));
    };
    return { says: `human ${human.version}, ${says}`, read };
  },

  async faceapi({ backend, finder }) {
    const faceapi = await import(`${modules}/@vladmandic/face-api/dist/face-api.esm.js`);
    faceapi.tf.setWasmPaths(wasm);
    faceapi.tf.setThreadsCount(navigator.hardwareConcurrency);
    await faceapi.tf.setBackend(backend);
    const says = await on(faceapi.tf, backend);
    const net = { tiny: faceapi.nets.tinyFaceDetector, ssd: faceapi.nets.ssdMobilenetv1 }[finder];
    await Promise.all([net, faceapi.nets.faceExpressionNet].map((one) => one.loadFromUri(`${modules}/@vladmandic/face-api/model`)));
    const options = { tiny: () => new faceapi.TinyFaceDetectorOptions(), ssd: () => new faceapi.SsdMobilenetv1Options() }[finder]();
    const read = async (canvas) => {
      const faces = await faceapi.detectAllFaces(canvas, options).withFaceExpressions();
      return faces.map(({ detection: { box }, expressions }) => ({ box: [box.x, box.y, box.width, box.height], label: expressions.asSortedArray()[0].expression }));
    };
    return { says: `face-api ${faceapi.version.faceapi ?? faceapi.version}, ${says}`, read };
  },
};

const canvas = document.createElement("canvas");
let program;

/** Draws the picture, then loads the program; milliseconds of the latter. */
window.load = async ({ kind, ...how }) => {
  const bitmap = await createImageBitmap(await (await fetch("/picture")).blob());
  Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
  canvas.getContext("2d", { willReadFrequently: true }).drawImage(bitmap, 0, 0);
  const start = performance.now();
  program = await programs[kind](how);
  return { ms: performance.now() - start, says: program.says };
};

/** One answer, and its milliseconds. */
window.read = async () => {
  const start = performance.now();
  const faces = await program.read(canvas);
  return { ms: performance.now() - start, faces };
};
