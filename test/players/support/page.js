// Runs in the browser: what the tests of players do in a page. No TypeScript there, and no DOM in the types of the rest.

/** Seeks to `time` in the page's one video, and returns what a viewer gets there. */
window.momentAt = async (time) => {
  const video = document.querySelector('video');
  if (video.currentTime !== time) {
    // `seeked` says that the cues are those of the new time; the frame of it is presented before or after that.
    const seeked = new Promise((resolve) => {
      video.addEventListener('seeked', resolve, { once: true });
    });
    const presented = new Promise((resolve) => {
      video.requestVideoFrameCallback(resolve);
    });
    video.currentTime = time;
    await Promise.all([seeked, presented]);
  }
  await new Promise((resolve) => {
    requestAnimationFrame(() => requestAnimationFrame(resolve));
  });
  const canvas = document.createElement('canvas');
  canvas.width = 8;
  canvas.height = 8;
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0, 8, 8);
  const cues = [...video.textTracks].flatMap((track) => [...(track.activeCues ?? [])]);
  return {
    colour: [...context.getImageData(4, 4, 1, 1).data].slice(0, 3),
    cues: cues.map((cue) => cue.getCueAsHTML().textContent),
  };
};

/** Plays `address` by itself, with the given text track shown. Answers once both are there. */
window.playFile = async (address, track, kind) => {
  document.body.innerHTML = `<video muted width="640" height="360"><track default kind="${kind}" srclang="en"></video>`;
  const video = document.querySelector('video');
  const [text] = video.textTracks;
  const element = document.querySelector('track');
  const loaded = new Promise((resolve, reject) => {
    element.addEventListener('load', resolve, { once: true });
    element.addEventListener('error', () => reject(new Error('the track was refused')), { once: true });
  });
  const ready = new Promise((resolve, reject) => {
    video.addEventListener('loadeddata', resolve, { once: true });
    video.addEventListener('error', () => reject(new Error(video.error.message)), { once: true });
  });
  element.src = track;
  text.mode = 'showing';
  video.src = address;
  await Promise.all([loaded, ready]);
};

/** Plays the master playlist at `address` with hls.js and its first subtitles. Answers what hls.js makes of them. */
window.playHls = async (address) => {
  document.body.innerHTML = '<video muted width="640" height="360"></video>';
  const video = document.querySelector('video');
  const hls = new window.Hls({ renderTextTracksNatively: true });
  const { Events } = window.Hls;
  const failed = new Promise((_, reject) => {
    hls.on(Events.ERROR, (_event, data) => {
      if (data.fatal) reject(new Error(`${data.details}: ${data.reason ?? data.error}`));
    });
  });
  const once = (event) => new Promise((resolve) => hls.once(event, (_event, data) => resolve(data)));
  const parsed = once(Events.MANIFEST_PARSED);
  hls.loadSource(address);
  hls.attachMedia(video);
  await Promise.race([parsed, failed]);
  const text = once(Events.SUBTITLE_FRAG_PROCESSED);
  const pictures = new Promise((resolve) => {
    video.addEventListener('loadeddata', resolve, { once: true });
  });
  hls.subtitleTrack = 0;
  hls.subtitleDisplay = true;
  await Promise.race([Promise.all([text, pictures]), failed]);
  return {
    subtitles: hls.subtitleTracks.map(({ name, lang, characteristics }) => ({ name, lang, characteristics })),
    kinds: [...video.textTracks].map(({ kind }) => kind),
    duration: video.duration,
  };
};

/** Times and texts of all cues that the video has by now, in seconds. */
window.allCues = () =>
  [...document.querySelector('video').textTracks].flatMap((track) =>
    [...(track.cues ?? [])].map((cue) => ({
      start: cue.startTime,
      end: cue.endTime,
      text: cue.getCueAsHTML().textContent,
    })),
  );

/** Reads XML as a browser does. Answers its language and what is wrong with it. */
window.readXml = (text) => {
  const document = new DOMParser().parseFromString(text, 'application/xml');
  return {
    language: document.documentElement.getAttribute('xml:lang'),
    fault: document.querySelector('parsererror')?.textContent,
  };
};
