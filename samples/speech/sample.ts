// speech: what the start page says, and the requests that `--check` makes.

import { HTML, PLAIN, type Sample } from '../sample.js';

export const sample: Sample = {
  name: 'speech',
  title: 'Text to speech',
  language: 'C, Flite',
  about: 'A command-line tool of 1999 becomes a page. It reads one file and writes another.',
  source: 'keep-text.c',
  checks: [
    { link: 'Speak', path: '/speech/', headers: HTML, has: ['speech.js'] },
    { path: '/speech/speech.js', headers: { 'content-type': 'text/javascript' } },
    { path: '/speech/text', form: { hello: 'you' }, headers: PLAIN, has: ['9 characters'] },
    { path: '/speech/speak', headers: PLAIN, has: ['hello'] },
    {
      path: '/speech/files/said.wav',
      headers: { 'content-type': 'audio/wav' },
      has: ['RIFF', 'WAVE'],
    },
  ],
};
