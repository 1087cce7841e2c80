// Posts the text, has it spoken, plays what came of it.

const form = document.querySelector('form');
const audio = document.querySelector('audio');
const state = document.querySelector('#state');

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void speak(form.elements.text.value);
});

async function speak(text) {
  form.querySelector('button').disabled = true;
  state.textContent = 'Speaking …';
  try {
    await ask('text', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: text });
    const start = performance.now();
    await ask('speak');
    state.textContent = `Spoken in ${((performance.now() - start) / 1000).toFixed(1)} s.`;
    // The same name holds another text each time.
    audio.src = `files/said.wav?${Date.now()}`;
    audio.hidden = false;
    // A browser that does not let pages play shows the button.
    await audio.play().catch(() => undefined);
  } catch (error) {
    state.textContent = error.message;
  }
  form.querySelector('button').disabled = false;
}

async function ask(path, options) {
  const answer = await fetch(path, { cache: 'no-store', ...options });
  if (!answer.ok) throw new Error(`${path}: status ${answer.status}`);
}
