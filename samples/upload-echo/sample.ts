// upload-echo: what the start page says, and the requests that `--check` makes.

import { abc, HTML, type Sample } from '../sample.js';

const MEBIBYTE = 1_048_576;
/** SHA-256 of 32 MiB of zeros. */
const ZEROS_32M = '83ee47245398adee79bd9c0a8bc57b821e92aba10f5f9ade8a5d1fae4d8c4302';
const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

export const sample: Sample = {
  name: 'upload-echo',
  title: 'Uploads of any size',
  language: 'C',
  about: 'Length and SHA-256 of what you upload, or its very bytes back, with flat memory.',
  source: 'upload-echo.c',
  checks: [
    { link: 'Upload a file', path: '/upload-echo', headers: HTML, has: ['type="file"'] },
    { path: '/upload-echo', form: { file: abc() }, has: ['name="file"', 'length 3', ABC] },
    {
      path: '/upload-echo',
      zeros: 32 * MEBIBYTE,
      has: [`length ${32 * MEBIBYTE}\n`, ZEROS_32M],
    },
    { path: '/upload-echo?echo', form: { a: 'b c' }, has: ['a=b+c'] },
  ],
};
